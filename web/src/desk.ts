// The desk at which people enrol: the text, the agreement, the photos, then receipt and pass.

import { getMe, logOut } from "./api";
import { byId, h, setText } from "./dom";
import {
  countFailure,
  draft,
  enrol,
  getEnrolments,
  getOffers,
  getTallies,
  newPass,
  withdraw,
  type Draft,
  type Enrolled,
  type Enrolment,
  type Mode,
  type Offers,
  type Wish,
} from "./enrolments";
import { Shots } from "./shots";

const NAMES = new Intl.DisplayNames(undefined, { type: "language" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const HOW: Record<Mode, string> = { verify: "with a pass", identify: "without a pass" };

const form = byId<HTMLFormElement>("desk");
const agreed = byId<HTMLInputElement>("agreed");
const button = byId<HTMLButtonElement>("enrol");
const failure = byId<HTMLButtonElement>("failure");
const done = byId("done");
const shots = new Shots(() => update());
let offers: Offers | null = null;
let asked: Draft | null = null;
let busy = false;
let urls: string[] = [];

const field = (name: string): HTMLInputElement => form.elements.namedItem(name) as HTMLInputElement;
const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const checked = (name: string): string[] =>
  [...form.querySelectorAll<HTMLInputElement>(`input[name="${name}"]:checked`)].map((input) => input.value);

function wish(): Wish {
  const minor = field("minor").checked;
  return {
    cameras: checked("camera"),
    modes: checked("mode") as Mode[],
    days: field("days").valueAsNumber,
    minor,
    guardian: minor ? field("guardian").value.trim() : "",
    language: (form.elements.namedItem("language") as HTMLSelectElement).value,
  };
}

/** Shows as much as can be done now. */
function update(): void {
  const least = offers?.least_photos ?? 3;
  const agreement = asked !== null && agreed.checked;
  byId("text-step").hidden = asked === null;
  byId("photo-step").hidden = byId("person-step").hidden = !agreement;
  byId("guardian").hidden = !field("minor").checked;
  setText(byId("count"), `${shots.good} of the ${least} good photos that it takes`);
  failure.hidden = shots.flaw === null || shots.good >= least;
  button.disabled =
    busy || shots.judging || shots.good < least || !field("name").value.trim() || !field("contact").value.trim();
}

/** Whatever is asked for anew has to be agreed to anew. */
function forget(): void {
  asked = null;
  agreed.checked = false;
  shots.clear();
  update();
}

async function show(): Promise<void> {
  const problem = byId("draft-problem");
  setText(problem, "");
  const wanted = wish();
  if (!wanted.cameras.length || !wanted.modes.length) {
    setText(problem, "Choose at least one camera, and how.");
    return;
  }
  try {
    asked = await draft(wanted);
  } catch (error) {
    setText(problem, words(error));
    return;
  }
  setText(byId("words"), asked.text.trim());
  setText(byId("version"), `Version ${asked.version}`);
  update();
  byId("text-step").scrollIntoView({ behavior: "smooth" });
}

async function submit(): Promise<void> {
  const problem = byId("enrol-problem");
  if (!asked || button.disabled) return;
  setText(problem, "");
  busy = true;
  update();
  try {
    const enrolled = await enrol(field("name").value.trim(), field("contact").value.trim(), asked, await shots.encoded());
    next();
    hand(enrolled, "Enrolled");
  } catch (error) {
    setText(problem, words(error));
  }
  busy = false;
  update();
  void list();
}

function file(id: string, data: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([data], { type }));
  urls.push(url);
  byId<HTMLAnchorElement>(id).href = url;
}

const decoded = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/** Shows what the person takes home, once. */
function hand(enrolled: Enrolled, title: string): void {
  const pass = byId<HTMLImageElement>("pass");
  file("paper", decoded(enrolled.paper), "application/pdf");
  file("receipt", enrolled.receipt, "text/plain");
  pass.hidden = byId("pass-file").hidden = enrolled.pass_png === null;
  if (enrolled.pass_png) {
    pass.src = `data:image/png;base64,${enrolled.pass_png}`;
    file("pass-file", decoded(enrolled.pass_png), "image/png");
  }
  setText(byId("done-title"), title);
  setText(byId("number"), enrolled.number);
  form.hidden = true;
  done.hidden = false;
  scrollTo({ top: 0 });
  done.focus();
}

/** Makes the desk as it was before the person came. */
function next(): void {
  form.reset();
  offered();
  forget();
  form.hidden = false;
  done.hidden = true;
}

function another(): void {
  for (const url of urls) URL.revokeObjectURL(url);
  urls = [];
  byId<HTMLImageElement>("pass").removeAttribute("src");
  next();
}

function row(one: Enrolment): HTMLLIElement {
  const how = one.modes.map((mode) => HOW[mode]).join(", ");
  const until = `${one.cameras.join(", ")} · ${how} · until ${DAY.format(new Date(one.until))}`;
  const click = (label: string, act: (one: Enrolment) => Promise<void>): HTMLElement =>
    h("button", { type: "button", class: "toggle", click: () => void act(one) }, label);
  const buttons = [...(one.modes.includes("verify") ? [click("New pass", renew)] : []), click("Withdraw", end)];
  const about = h("div", {}, h("strong", {}, one.name), h("p", { class: "hint" }, until));
  return h("li", {}, about, h("div", { class: "actions" }, ...buttons));
}

/** Returns whether the question of a dialog was answered with yes. */
async function confirmed(id: string, title: string): Promise<boolean> {
  const dialog = byId<HTMLDialogElement>(id);
  setText(byId(`${id}-title`), title);
  dialog.returnValue = "no";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  return dialog.returnValue === "yes";
}

async function renew(one: Enrolment): Promise<void> {
  const old = byId<HTMLInputElement>("old");
  const agreed = await confirmed("renew", `A new pass for ${one.name}?`);
  const text = old.value;
  old.value = "";
  if (!agreed) return;
  try {
    hand(await newPass(one.number, text), "A new pass");
    setText(byId("people-problem"), "");
  } catch (error) {
    setText(byId("people-problem"), words(error));
  }
}

async function end(one: Enrolment): Promise<void> {
  if (!(await confirmed("confirm", `Withdraw for ${one.name}?`))) return;
  try {
    await withdraw(one.number);
  } catch (error) {
    setText(byId("people-problem"), words(error));
  }
  void list();
}

async function list(): Promise<void> {
  try {
    const [people, tallies] = await Promise.all([getEnrolments(), getTallies()]);
    byId("people").replaceChildren(...people.map(row));
    setText(byId("people-title"), people.length ? `Enrolled: ${people.length}` : "Nobody is enrolled");
    const all = tallies.find((tally) => tally.camera === "");
    const share = all?.attempts ? ` (${((100 * all.failed) / all.attempts).toFixed(1)} %)` : "";
    setText(byId("figures"), all?.attempts ? `${all.failed} of ${all.attempts} attempts to enrol failed${share}` : "");
    setText(byId("people-problem"), "");
  } catch (error) {
    setText(byId("people-problem"), words(error));
  }
}

async function giveUp(): Promise<void> {
  if (!asked || shots.flaw === null) return;
  try {
    await countFailure(wish().cameras, shots.flaw);
    another();
  } catch (error) {
    setText(byId("enrol-problem"), words(error));
  }
  void list();
}

/** Shows the cameras; the only one is chosen. */
function offered(): void {
  const items = offers?.items ?? [];
  const choices = items.map((item) => {
    const input = h("input", { type: "checkbox", name: "camera", value: item.camera, checked: items.length === 1 });
    const about = h("small", {}, `${item.purpose} (${item.controller})`);
    return h("label", { class: "choice" }, input, ` ${item.name} `, about);
  });
  const none = h("p", {}, "No charter names recognition, so nobody can be enrolled.");
  byId("offers").replaceChildren(...(choices.length ? choices : [none]));
  const modes = new Set(items.flatMap((item) => item.modes));
  for (const input of form.querySelectorAll<HTMLInputElement>('input[name="mode"]')) {
    const possible = modes.has(input.value as Mode);
    input.disabled = !possible;
    input.checked = possible && (input.value === "verify" || modes.size === 1);
  }
  byId<HTMLButtonElement>("draft").disabled = !items.length;
}

async function begin(): Promise<void> {
  try {
    const me = await getMe();
    setText(byId("me"), me.name);
    byId("me").hidden = byId("logout").hidden = me.kind !== "account";
    offers = await getOffers();
  } catch (error) {
    setText(byId("offline"), words(error));
    byId("offline").hidden = false;
    return;
  }
  shots.most = offers.most_photos;
  shots.largest = offers.largest_photo;
  const tags = offers.languages.map((tag) => h("option", { value: tag }, NAMES.of(tag) ?? tag));
  (form.elements.namedItem("language") as HTMLSelectElement).replaceChildren(...tags);
  offered();
  update();
  void list();
}

form.querySelector(".step")?.addEventListener("input", forget);
form.addEventListener("input", update);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void submit();
});
byId("draft").addEventListener("click", () => void show());
byId("next").addEventListener("click", another);
failure.addEventListener("click", () => void giveUp());
byId("logout").addEventListener("click", () => void logOut().then(() => location.assign("/login")));
addEventListener("pagehide", () => shots.clear());
void begin();
