// Requests for originals under seal: how far each is, and whom it waits for.

import { getRequests, Refused, type UnsealRequest, type UnsealState } from "./api";
import { byId, h } from "./dom";
import { interval, shortTime, fullTime } from "./words";

const EVERY_MS = 5000;
const STEPS: UnsealState[] = ["requested", "cosigned", "approved", "opened"];
const NAMES: Record<UnsealState, string> = {
  requested: "Requested",
  cosigned: "Seen by witnesses",
  approved: "Approved",
  opened: "Opened",
  ended: "Ended",
};

const root = byId("requests");
let drawn = "";

function steps(one: UnsealRequest): HTMLElement {
  const reached = STEPS.indexOf(one.reached);
  const items = STEPS.map((step, index) => {
    const count = step === "approved" ? ` ${one.approvals.length} of ${one.needed}` : "";
    const state = index <= reached ? "done" : one.state === "ended" ? "never" : index === reached + 1 ? "next" : "later";
    return h("li", { class: state, ...(state === "next" ? { "aria-current": "step" } : {}) }, `${NAMES[step]}${count}`);
  });
  return h("ol", { class: "steps", "aria-label": "How far it is" }, ...items);
}

function fact(title: string, text: string, iso = ""): HTMLElement {
  return h("div", {}, h("dt", {}, title), h("dd", iso ? { title: fullTime(iso) } : {}, text));
}

function custodians(one: UnsealRequest): HTMLElement {
  const names = one.custodians.map((name) => {
    const approved = one.approvals.includes(name);
    return h("li", { class: approved ? "approved" : "" }, approved ? `✓ ${name} approved` : name);
  });
  return h("div", { class: "wide" }, h("dt", {}, `Custodians, ${one.needed} of ${one.custodians.length} needed`), h("dd", {}, h("ul", {}, ...names)));
}

function card(one: UnsealRequest): HTMLElement {
  return h(
    "article",
    { class: `request ${one.state}`, "data-request": one.id },
    h("header", {}, h("h2", {}, `${one.camera}, ${interval(one.start, one.end)}`), h("span", { class: `state ${one.state}` }, NAMES[one.state])),
    h("p", { class: "reason" }, one.reason),
    steps(one),
    one.waits_for ? h("p", { class: "waits" }, one.waits_for) : null,
    h(
      "dl",
      {},
      fact("For", one.recipient),
      fact("Asked by", `${one.requester}, ${shortTime(one.made)}`, one.made),
      fact(one.state === "ended" ? "Ended" : "Ends", shortTime(one.valid_until), one.valid_until),
      fact("Leaf in the log", String(one.leaf)),
      custodians(one),
      h("div", { class: "wide" }, h("dt", {}, "Request"), h("dd", {}, h("code", {}, one.id))),
    ),
  );
}

function message(title: string, text: string): void {
  root.replaceChildren(h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), h("p", {}, text)));
}

function draw(requests: UnsealRequest[]): void {
  const text = JSON.stringify(requests);
  if (text === drawn) return; // what somebody has selected or focused stays
  drawn = text;
  if (requests.length) root.replaceChildren(...requests.map(card));
  else message("Nobody has asked for originals", "Requests appear here with how far they are.");
}

async function look(): Promise<void> {
  try {
    draw(await getRequests());
  } catch (error) {
    drawn = "";
    if (error instanceof Refused && error.status === 404) message("Nothing is sealed on this server", "No charter keeps originals here.");
    else message("The requests could not be loaded", error instanceof Error ? error.message : String(error));
  }
  root.removeAttribute("aria-busy");
  setTimeout(() => void look(), EVERY_MS);
}

void look();
