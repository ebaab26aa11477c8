// Ends an enrolment for whoever holds its pass or its receipt.

import { ask } from "./api";
import { byId } from "./dom";

const form = byId<HTMLFormElement>("withdraw");
const proof = byId<HTMLTextAreaElement>("proof");
const file = byId<HTMLInputElement>("file");
const problem = byId("problem");
const done = byId("done");

file.addEventListener("change", () => {
  void file.files?.[0]?.text().then((text) => {
    proof.value = text;
    file.value = "";
  });
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  problem.textContent = "";
  ask("/withdrawals", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ proof: proof.value }),
  })
    .then(() => {
      proof.value = "";
      form.hidden = true;
      done.hidden = false;
      done.focus();
    })
    .catch((error: unknown) => {
      problem.textContent = error instanceof Error ? error.message : String(error);
    });
});
