// Asks for the password and goes on to the wall.

import { logIn } from "./api";
import { byId } from "./dom";

const form = byId<HTMLFormElement>("login");
const field = byId<HTMLInputElement>("password");
const problem = byId("problem");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  problem.textContent = "";
  logIn(field.value)
    .then(() => location.assign("/"))
    .catch((error: unknown) => {
      problem.textContent = error instanceof Error ? error.message : String(error);
      field.select();
    });
});
