// One camera on the wall: redacted live picture, state with its reason, what is in view, zones and tripwires.

import { liveUrl, type Camera, type Point, type Status } from "./api";
import { h, s, setText } from "./dom";
import { LivePlayer } from "./live";
import { capital, countOf, duration, STATES } from "./words";

const share = (part: number): string => `${(part * 100).toFixed(2)}%`;

function shapes(camera: Camera): { lines: SVGElement; labels: HTMLElement } {
  const lines = s("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none", class: "shapes", "aria-hidden": "true" });
  const labels = h("div", { class: "labels" });
  const label = (name: string, [x, y]: Point, kind: string): void => {
    const element = h("span", { class: kind }, name);
    element.style.left = share(x);
    element.style.top = share(y);
    labels.append(element);
  };
  for (const zone of camera.zones) {
    lines.append(s("polygon", { points: zone.polygon.map((point) => point.join(",")).join(" ") }));
    const top = zone.polygon.reduce((best, point) => (point[1] < best[1] ? point : best));
    label(zone.name, top, "zone");
  }
  for (const { name, start, end } of camera.tripwires) {
    lines.append(s("line", { x1: start[0], y1: start[1], x2: end[0], y2: end[1] }));
    label(name, [(start[0] + end[0]) / 2, (start[1] + end[1]) / 2], "tripwire");
  }
  return { lines, labels };
}

function chips(status: Status): HTMLElement[] {
  const chip = (text: string, kind: string): HTMLElement => h("li", { class: kind }, text);
  const here = Object.entries(status.occupancy)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => chip(countOf(count, name), "here"));
  const arrows: Record<string, string> = { forward: "→", backward: "←" };
  const passed = Object.entries(status.totals).map(([key, count]) => {
    const [name = "", direction = ""] = key.split("/");
    const item = chip(`${name} ${arrows[direction] ?? ""} ${count}`.replace(/\s+/g, " "), "total");
    item.title = direction ? `${count} crossed ${name} ${direction} since the start` : `${count} entered ${name}`;
    return item;
  });
  return [...here, ...passed];
}

function charterLink({ id, name, charter }: Camera): HTMLElement[] {
  if (!charter) return [];
  const link = h("a", { class: "charter", href: `/register/en/cameras/${encodeURIComponent(id)}.html` }, "Charter");
  link.title = `${name} is for: ${charter.purpose} (${charter.controller})`;
  return [link];
}

export class Tile {
  readonly element: HTMLElement;
  readonly #player: LivePlayer;
  readonly #picture = h("div", { class: "picture" });
  readonly #badge = h("span", { class: "badge" });
  readonly #rates = h("span", { class: "rates" });
  readonly #chips = h("ul", { class: "chips" });
  readonly #notice = h("p", { class: "notice" });
  #status: Status | null;
  #playing = false;
  #chipText = "";

  constructor(
    readonly camera: Camera,
    readonly imagery: boolean,
  ) {
    this.#status = camera.status;
    const video = h("video", { muted: true, playsinline: true, autoplay: true, "aria-label": `${camera.name}, live` });
    video.muted = true;
    const { lines, labels } = shapes(camera);
    this.#picture.append(video, lines, labels);
    this.#player = new LivePlayer(video, liveUrl(camera.id), (playing) => {
      if (playing === this.#playing) return;
      this.#playing = playing;
      this.#show();
    });
    this.element = h(
      "article",
      { class: "tile", "data-camera": camera.id, "aria-label": camera.name },
      h("div", { class: "stage" }, this.#picture, this.#notice),
      h("div", { class: "caption" }, h("h2", {}, camera.name), this.#badge, ...charterLink(camera), this.#rates),
      this.#chips,
    );
    this.#show();
  }

  update(status: Status): void {
    this.#status = status;
    this.#show();
  }

  /** Plays while the tile can be seen. */
  watch(visible: boolean): void {
    if (visible && this.imagery && this.camera.charter?.live && LivePlayer.supported) this.#player.start();
    else this.#player.stop();
  }

  #show(): void {
    const status = this.#status;
    const state = status?.state ?? "connecting";
    this.element.dataset["state"] = state;
    setText(this.#badge, STATES[state]);
    this.#badge.title = status?.reason ?? "";
    setText(this.#rates, status && state === "live" ? this.#ratesText(status) : "");
    this.#showShape(status);
    this.#showChips(status);
    const notice = this.#noticeText();
    setText(this.#notice, notice);
    this.element.classList.toggle("covered", notice !== "");
  }

  #ratesText(status: Status): string {
    const rates = `${status.fps.toFixed(0)} fps, ${status.analysed_fps.toFixed(0)} analysed`;
    return status.recording ? rates : `${rates}, not recording`;
  }

  #noticeText(): string {
    const { camera } = this;
    const status = this.#status;
    if (!LivePlayer.supported) return "This browser cannot play live video.";
    if (!status) return "Waiting for the camera's worker";
    if (status.state !== "live" && status.state !== "connecting") {
      const since = duration((Date.now() - Date.parse(status.since)) / 1000);
      return `${capital(status.reason || STATES[status.state])}\n${STATES[status.state]} for ${since}`;
    }
    if (!this.imagery) return "Your role does not include pictures";
    if (camera.charter && !camera.charter.live) return "Its charter does not allow watching live";
    if (this.#playing) return "";
    return status.state === "live" ? "Waiting for redacted pictures" : "Connecting to the camera";
  }

  #showShape(status: Status | null): void {
    if (!status?.width || !status.height) return;
    const ratio = status.width / status.height;
    this.#picture.style.aspectRatio = String(ratio);
    this.#picture.classList.toggle("tall", ratio < 16 / 9);
  }

  #showChips(status: Status | null): void {
    const items = status ? chips(status) : [];
    const text = items.map((item) => item.textContent).join("|");
    if (text === this.#chipText) return;
    this.#chipText = text;
    this.#chips.replaceChildren(...items);
  }
}
