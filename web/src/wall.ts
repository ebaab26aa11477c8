// The wall of live tiles; only tiles in sight of a visible page hold a connection.

import type { Camera, Status } from "./api";
import { h, setText } from "./dom";
import { Tile } from "./tile";

export class Wall {
  readonly #tiles = new Map<string, Tile>();
  readonly #statuses = new Map<string, Status>();
  readonly #inSight = new Set<Tile>();

  constructor(
    readonly root: HTMLElement,
    readonly summary: HTMLElement,
  ) {
    document.addEventListener("visibilitychange", () => this.#watch());
  }

  /** Shows these cameras, with their pictures where one may see `imagery`. */
  show(cameras: Camera[], imagery: boolean): void {
    const byElement = new Map<Element, Tile>();
    const observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const tile = byElement.get(entry.target);
        if (!tile) continue;
        if (entry.isIntersecting) this.#inSight.add(tile);
        else this.#inSight.delete(tile);
      }
      this.#watch();
    });
    for (const camera of cameras) {
      const tile = new Tile(camera, imagery);
      this.#tiles.set(camera.id, tile);
      if (camera.status) this.#statuses.set(camera.id, camera.status);
      byElement.set(tile.element, tile);
      observer.observe(tile.element);
    }
    this.root.replaceChildren(...[...this.#tiles.values()].map((tile) => tile.element));
    this.root.dataset["count"] = String(Math.min(cameras.length, 4));
    this.#summarise();
    if (!cameras.length) this.message("No camera is configured", "Add one with `custodes add URL --config FILE`.");
  }

  update(camera: string, status: Status): void {
    this.#tiles.get(camera)?.update(status);
    if (this.#tiles.has(camera)) this.#statuses.set(camera, status);
    this.#summarise();
  }

  message(title: string, text: string): void {
    this.root.replaceChildren(h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), h("p", {}, text)));
  }

  showShapes(shown: boolean): void {
    this.root.classList.toggle("with-shapes", shown);
  }

  #watch(): void {
    for (const tile of this.#tiles.values()) tile.watch(!document.hidden && this.#inSight.has(tile));
  }

  #summarise(): void {
    const total = this.#tiles.size;
    const live = [...this.#statuses.values()].filter((status) => status.state === "live").length;
    setText(this.summary, total === 0 ? "" : `${live} of ${total} ${total === 1 ? "camera" : "cameras"} live`);
    this.summary.classList.toggle("bad", live < total);
  }
}
