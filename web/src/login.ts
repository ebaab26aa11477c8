// Asks for name and password, and goes on to the wall.

import { logIn } from "./api";
import { byId } from "./dom";

const form = byId<HTMLFormElement>("login");
const name = byId<HTMLInputElement>("name");
const password = byId<HTMLInputElement>("password");
const problem = byId("problem");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  problem.textContent = "";
  logIn(name.value.trim(), password.value)
    .then(() => location.assign("/"))
    .catch((error: unknown) => {
      problem.textContent = error instanceof Error ? error.message : String(error);
      password.select();
    });
});
