// What people who enrolled do themselves: end their enrolment with pass or receipt, or get a new pass with the one so far.

import { post } from "./api";
import { byId } from "./dom";

const form = byId<HTMLFormElement>("withdraw");
const proof = byId<HTMLTextAreaElement>("proof");
const file = byId<HTMLInputElement>("file");
const renewal = byId<HTMLFormElement>("renew");
const old = byId<HTMLInputElement>("old");

/** Sends what was filled in when `of` is submitted, and does `then` with the answer; refusals stand in `problem`. */
function onSubmit(of: HTMLFormElement, problem: HTMLElement, send: () => Promise<Response>, then: (answer: Response) => void | Promise<void>): void {
  of.addEventListener("submit", (event) => {
    event.preventDefault();
    problem.textContent = "";
    send()
      .then(then)
      .catch((error: unknown) => {
        problem.textContent = error instanceof Error ? error.message : String(error);
      });
  });
}

function reveal(id: string): void {
  byId(id).hidden = false;
  byId(id).focus();
}

async function show(answer: Response): Promise<void> {
  const { pass_png: png } = (await answer.json()) as { pass_png: string };
  old.value = "";
  renewal.hidden = true;
  byId<HTMLImageElement>("pass").src = byId<HTMLAnchorElement>("pass-file").href = `data:image/png;base64,${png}`;
  reveal("renewed");
}

file.addEventListener("change", () => {
  void file.files?.[0]?.text().then((text) => {
    proof.value = text;
    file.value = "";
  });
});

onSubmit(
  form,
  byId("problem"),
  () => post("/withdrawals", { proof: proof.value }),
  () => {
    proof.value = "";
    for (const card of [form, renewal, byId("renewed")]) card.hidden = true;
    reveal("done");
  },
);
onSubmit(renewal, byId("renew-problem"), () => post("/passes", { old: old.value }), show);
