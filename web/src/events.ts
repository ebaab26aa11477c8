// The list of latest events: filtered, in days, growing at the top while it is looked at.

import { getEvent, getEvents, type Camera, type CameraEvent, type Filters } from "./api";
import { byId, h, s } from "./dom";
import { clockTime, dayName, detail, fullTime, headline, KINDS } from "./words";

const PAGE = 30;
const THUMBNAIL_TRIES_MS = [2500, 4000, 8000];
const CLASSES = ["person", "bicycle", "car", "motorcycle", "bus", "truck", "dog", "cat"];

export class EventList {
  readonly #events = new Map<string, CameraEvent>();
  readonly #rows = new Map<string, HTMLElement>();
  readonly #names = new Map<string, string>();
  readonly #form = byId<HTMLFormElement>("filters");
  #cursor: string | null = null;
  #asked = 0;

  constructor(
    readonly root: HTMLElement,
    readonly open: (event: CameraEvent) => void,
  ) {
    this.#fill("kind", Object.entries(KINDS));
    this.#fill("class", CLASSES.map((name) => [name, name]));
    this.#form.addEventListener("change", () => void this.load());
    this.#form.addEventListener("submit", (event) => event.preventDefault());
  }

  setCameras(cameras: Camera[]): void {
    for (const camera of cameras) this.#names.set(camera.id, camera.name);
    this.#fill("camera", [...this.#names]);
  }

  nameOf(camera: string): string {
    return this.#names.get(camera) ?? camera;
  }

  /** Returns the event after (1, older) or before (-1, newer) another in the list. */
  neighbour(event: CameraEvent, step: number): CameraEvent | undefined {
    const sorted = this.#sorted();
    return sorted[sorted.findIndex((other) => other.event_id === event.event_id) + step];
  }

  /** Asks for the newest events anew, as the filters say. */
  async load(): Promise<void> {
    const asked = ++this.#asked;
    if (!this.#events.size) this.#skeleton();
    try {
      const page = await getEvents(this.#filters(), null, PAGE);
      if (asked !== this.#asked) return;
      this.#events.clear();
      this.#rows.clear();
      this.#take(page.items, page.next_cursor);
    } catch (error) {
      if (asked === this.#asked) this.#problem(error);
    }
  }

  /** Shows a new or changed event where the filters let it through. */
  hear(event: CameraEvent): void {
    const filters = this.#filters();
    if (filters.camera && filters.camera !== event.camera) return;
    if (filters.class && filters.class !== event.class) return;
    if (filters.kind && filters.kind !== event.kind) return;
    const fresh = !this.#events.has(event.event_id);
    this.#put(event);
    if (fresh) this.#rows.get(event.event_id)?.classList.add("fresh");
    this.#show();
    if (!event.thumbnail && !event.kind.startsWith("recognition.")) this.#fetchThumbnail(event.event_id, 0);
  }

  async #more(button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    const asked = this.#asked;
    try {
      const page = await getEvents(this.#filters(), this.#cursor, PAGE);
      if (asked === this.#asked) this.#take(page.items, page.next_cursor);
    } catch (error) {
      this.#problem(error);
    }
  }

  #take(events: CameraEvent[], cursor: string | null): void {
    for (const event of events) this.#put(event);
    this.#cursor = cursor;
    this.#show();
  }

  #put(event: CameraEvent): void {
    const known = this.#events.get(event.event_id);
    this.#events.set(event.event_id, known?.thumbnail && !event.thumbnail ? { ...event, thumbnail: known.thumbnail } : event);
    const row = this.#row(this.#events.get(event.event_id) ?? event);
    this.#rows.get(event.event_id)?.replaceWith(row);
    this.#rows.set(event.event_id, row);
  }

  /** The picture is redacted a second or two after the event: ask again until it is there. */
  #fetchThumbnail(id: string, attempt: number): void {
    const delay = THUMBNAIL_TRIES_MS[attempt];
    if (delay === undefined) return;
    setTimeout(() => {
      if (!this.#events.has(id) || this.#events.get(id)?.thumbnail) return;
      getEvent(id)
        .then((event) => {
          if (event.thumbnail && this.#events.has(id)) this.#put(event);
          else this.#fetchThumbnail(id, attempt + 1);
        })
        .catch(() => this.#fetchThumbnail(id, attempt + 1));
    }, delay);
  }

  #sorted(): CameraEvent[] {
    return [...this.#events.values()].sort((a, b) => (a.start === b.start ? (a.event_id < b.event_id ? 1 : -1) : a.start < b.start ? 1 : -1));
  }

  #show(): void {
    const parts: HTMLElement[] = [];
    let day = "";
    let list: HTMLElement | null = null;
    for (const event of this.#sorted()) {
      const name = dayName(event.start);
      if (name !== day || !list) {
        day = name;
        list = h("ol", { class: "day", "aria-label": name });
        parts.push(h("h3", {}, name), list);
      }
      const row = this.#rows.get(event.event_id);
      if (row) list.append(row);
    }
    if (!parts.length) parts.push(this.#empty());
    if (this.#cursor) {
      const button = h("button", { type: "button", class: "more" }, "Show older");
      button.addEventListener("click", () => void this.#more(button));
      parts.push(button);
    }
    const focused = document.activeElement;
    this.root.replaceChildren(...parts);
    this.root.removeAttribute("aria-busy");
    if (focused instanceof HTMLElement && this.root.contains(focused)) focused.focus({ preventScroll: true });
  }

  #row(event: CameraEvent): HTMLElement {
    const picture = event.thumbnail
      ? h("img", { src: event.thumbnail, alt: "", loading: "lazy", decoding: "async" })
      : s(
          "svg",
          { viewBox: "0 0 24 24", class: "no-picture", "aria-hidden": "true" },
          s("path", { d: "M3.500 7.500h11.500v9H3.500zM15 11l5.500-3v8L15 13" }),
        );
    const button = h(
      "button",
      { type: "button", class: "event", click: () => this.open(this.#events.get(event.event_id) ?? event) },
      h("span", { class: "thumb" }, picture),
      h("span", { class: "headline" }, headline(event)),
      h("span", { class: "where" }, `${this.nameOf(event.camera)}${detail(event) ? ` · ${detail(event)}` : ""}`),
      h("time", { datetime: event.start, title: fullTime(event.start) }, clockTime(event.start)),
    );
    return h("li", { "data-event": event.event_id }, button);
  }

  #filters(): Filters {
    const data = new FormData(this.#form);
    const value = (name: string): string => String(data.get(name) ?? "");
    return { camera: value("camera"), class: value("class"), kind: value("kind") };
  }

  #fill(name: string, options: [string, string][]): void {
    const select = this.#form.elements.namedItem(name) as HTMLSelectElement;
    select.replaceChildren(...[...select.options].slice(0, 1), ...options.map(([value, text]) => new Option(text, value)));
  }

  #skeleton(): void {
    this.root.setAttribute("aria-busy", "true");
    this.root.replaceChildren(...Array.from({ length: 6 }, () => h("div", { class: "skeleton" })));
  }

  #empty(): HTMLElement {
    const filtered = Object.values(this.#filters()).some(Boolean);
    return h(
      "div",
      { class: "empty" },
      h("p", { class: "empty-title" }, filtered ? "No event fits these filters" : "Nothing has happened yet"),
      h("p", {}, filtered ? "Choose others to see more." : "Events appear here as soon as something moves."),
    );
  }

  #problem(error: unknown): void {
    const button = h("button", { type: "button", class: "more", click: () => void this.load() }, "Try again");
    const text = error instanceof Error ? error.message : String(error);
    this.root.removeAttribute("aria-busy");
    this.root.replaceChildren(
      h("div", { class: "empty" }, h("p", { class: "empty-title" }, "Events could not be loaded"), h("p", {}, text), button),
    );
  }
}
