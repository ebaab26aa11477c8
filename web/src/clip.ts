// The dialog that plays the recording around an event.

import type Hls from "hls.js";

import { playlistUrl, type CameraEvent } from "./api";
import { h } from "./dom";
import { clockTime, detail, fullTime, headline } from "./words";

const BEFORE_MS = 4000;
const AFTER_MS = 8000;
const LONGEST_MS = 120_000;
const RETRY_MS = 2000;
const TRIES = 12;

/** Returns from when to when an event's recording is shown, milliseconds. */
function span(event: CameraEvent): [number, number] {
  const start = Date.parse(event.start) - BEFORE_MS;
  const last = event.end === null ? Date.parse(event.key) : Date.parse(event.end);
  return [start, Math.min(last + AFTER_MS, start + LONGEST_MS)];
}

export class ClipDialog {
  #event: CameraEvent | null = null;
  #hls: Hls | null = null;
  #timer = 0;

  /** `nameOf` names a camera; `neighbour` finds the event before or after another; `exporter` exports, where one may. */
  constructor(
    readonly dialog: HTMLDialogElement,
    readonly nameOf: (camera: string) => string,
    readonly neighbour: (event: CameraEvent, step: number) => CameraEvent | undefined,
    readonly exporter: (camera: string) => ((startMs: number, endMs: number) => void) | null,
  ) {
    dialog.addEventListener("close", () => this.#release());
    dialog.addEventListener("click", (click) => {
      if (click.target === dialog) dialog.close();
    });
    dialog.addEventListener("keydown", (key) => {
      if (key.target instanceof HTMLVideoElement) return;
      if (key.key === "ArrowLeft") this.#step(-1);
      if (key.key === "ArrowRight") this.#step(1);
    });
  }

  open(event: CameraEvent): void {
    this.#release();
    this.#event = event;
    const video = h("video", { controls: true, playsinline: true, autoplay: true, class: "loading", "aria-label": "Recording" });
    video.muted = true;
    const notice = h("p", { class: "notice", role: "status" }, "Loading the recording");
    const close = h("button", { type: "button", class: "icon", "aria-label": "Close", click: () => this.dialog.close() }, "✕");
    this.dialog.replaceChildren(
      h("header", {}, h("h2", { id: "clip-title" }, headline(event)), close),
      h("div", { class: "stage" }, video, notice),
      h("footer", {}, this.#facts(event), this.#buttons(event)),
    );
    if (!this.dialog.open) this.dialog.showModal();
    video.addEventListener("loadeddata", () => {
      notice.textContent = "";
      video.classList.remove("loading");
    });
    void this.#play(event, video, notice, 0);
  }

  #facts(event: CameraEvent): HTMLElement {
    const time = h("time", { datetime: event.start, title: fullTime(event.start) }, fullTime(event.start));
    const words = [this.nameOf(event.camera), detail(event), event.score ? `score ${event.score.toFixed(2)}` : ""];
    return h("p", { class: "facts" }, time, ` · ${words.filter(Boolean).join(" · ")}`);
  }

  #buttons(event: CameraEvent): HTMLElement {
    const button = (text: string, step: number): HTMLElement =>
      h(
        "button",
        { type: "button", class: "toggle", disabled: !this.neighbour(event, step), click: () => this.#step(step) },
        text,
      );
    const exports = this.exporter(event.camera);
    const [start, end] = span(event);
    const exporting = exports && h("button", { type: "button", class: "toggle", click: () => exports(start, end) }, "Export …");
    return h("div", { class: "buttons" }, exporting, button("← Newer", -1), button("Older →", 1));
  }

  #step(step: number): void {
    const next = this.#event && this.neighbour(this.#event, step);
    if (next) this.open(next);
  }

  async #play(event: CameraEvent, video: HTMLVideoElement, notice: HTMLElement, attempt: number): Promise<void> {
    const { default: Player } = await import("hls.js"); // large, and most visits play no clip
    if (this.#event !== event) return;
    const [start, end] = span(event);
    const retry = (): void => {
      this.#hls?.destroy();
      if (attempt >= TRIES || Date.now() - end > 60_000) {
        notice.textContent = `No recording of ${clockTime(event.start)} is kept.`;
        return;
      }
      notice.textContent = "This moment is still being recorded; one moment";
      this.#timer = setTimeout(() => void this.#play(event, video, notice, attempt + 1), RETRY_MS);
    };
    const url = playlistUrl(event.camera, start, end);
    if (!Player.isSupported()) {
      video.addEventListener("error", retry, { once: true });
      video.src = url;
      return;
    }
    const hls = new Player({ enableWorker: false }); // a worker would need a weaker content security policy
    this.#hls = hls;
    hls.on(Player.Events.ERROR, (_name, data) => {
      if (data.fatal && this.#hls === hls) retry();
    });
    hls.loadSource(url);
    hls.attachMedia(video);
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#hls?.destroy();
    this.#hls = null;
    this.#event = null;
  }
}
