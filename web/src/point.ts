// Shows the person at a recognition point what they are asked to do, and how it ended; there is no picture on it.

import { toldOf } from "./answers";
import { byId } from "./dom";
import { listen } from "./feed";

type Asked = "" | "ahead" | "left" | "right" | "eyes" | "closer" | "away";

const WORDS: Record<Asked, readonly [string, string]> = {
  "": ["Stand in the marked place and look at the camera", "Stanite na obeleženo mesto i gledajte u kameru"],
  ahead: ["Look straight at the camera", "Gledajte pravo u kameru"],
  left: ["Turn your head to the left", "Okrenite glavu ulevo"],
  right: ["Turn your head to the right", "Okrenite glavu udesno"],
  eyes: ["Close both eyes for two seconds", "Zatvorite oba oka na dve sekunde"],
  closer: ["Come a step closer to the camera", "Priđite kameri za korak"],
  away: ["Not in use at the moment", "Trenutno nije u upotrebi"],
};

const camera = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const english = byId("english");
const serbian = byId("serbian");

function show(asked: Asked): void {
  document.body.dataset["asked"] = asked;
  [english.textContent, serbian.textContent] = WORDS[asked];
}

/** Shows how an attempt ended in place of what is asked, for as long as the server tells it. */
function tell(answer: string): void {
  document.body.dataset["answer"] = answer;
  byId("ended").hidden = !answer;
  if (!answer) return;
  const told = toldOf(answer);
  ["ended-english", "todo-english", "ended-serbian", "todo-serbian"].forEach((id, at) => {
    byId(id).textContent = told[at] ?? "";
  });
}

show("away");
listen({
  online: () => undefined, // the statuses of all cameras come at once
  offline: () => {
    show("away");
    tell("");
  },
  status: (of, status) => {
    if (of !== camera) return;
    const live = status.state === "live";
    show(live ? status.prompt : "away");
    tell(live ? status.answer : "");
  },
  event: () => undefined,
});
