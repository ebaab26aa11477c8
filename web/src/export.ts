// The dialog that exports redacted recordings to a recipient that the charter names.

import { askExport, getExport, type Camera, type Export } from "./api";
import { h } from "./dom";
import { inputTime, megabytes } from "./words";

const POLL_MS = 700;

export class ExportDialog {
  #cameras: Camera[] = [];

  constructor(readonly dialog: HTMLDialogElement) {}

  /** Remembers which cameras have somebody to export to. */
  setCameras(cameras: Camera[]): void {
    this.#cameras = cameras.filter((camera) => camera.charter?.recipients.length);
  }

  /** Returns whether anything of this camera can be exported to anybody; of any camera where none is given. */
  possible(camera?: string): boolean {
    return camera === undefined ? this.#cameras.length > 0 : this.#cameras.some((one) => one.id === camera);
  }

  open(startMs: number, endMs: number, camera?: string): void {
    const cameras = h("select", { name: "camera", required: true }, ...this.#cameras.map((one) => new Option(one.name, one.id)));
    if (camera !== undefined) cameras.value = camera;
    const recipients = h("select", { name: "recipient", required: true });
    const fill = (): void => {
      const named = this.#cameras.find((one) => one.id === cameras.value)?.charter?.recipients ?? [];
      const none = named.length > 1 ? [new Option("Choose", "")] : [];
      recipients.replaceChildren(...none, ...named.map((name) => new Option(name, name)));
    };
    fill();
    cameras.addEventListener("change", fill);
    const notice = h("p", { class: "notice-line", role: "status" });
    const send = h("button", { type: "submit", class: "primary" }, "Export");
    const form = h(
      "form",
      { class: "fields" },
      field("Camera", cameras),
      field("Recipient", recipients),
      field("From", h("input", { type: "datetime-local", name: "start", step: 1, required: true, value: inputTime(startMs) })),
      field("To", h("input", { type: "datetime-local", name: "end", step: 1, required: true, value: inputTime(endMs) })),
      field("Reason", h("input", { name: "reason", minlength: 2, maxlength: 200, required: true, placeholder: "Request of …, case number" }), "wide"),
      h("p", { class: "hint wide" }, "That something is exported is in the public log at once; who, to whom and why is in its private part."),
      notice,
      h("div", { class: "buttons" }, h("button", { type: "button", class: "toggle", click: () => this.dialog.close() }, "Close"), send),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send.disabled = true;
      void this.#send(new FormData(form), notice).finally(() => (send.disabled = false));
    });
    const close = h("button", { type: "button", class: "icon", "aria-label": "Close", click: () => this.dialog.close() }, "✕");
    this.dialog.replaceChildren(h("header", {}, h("h2", { id: "export-title" }, "Export a recording"), close), form);
    if (!this.dialog.open) this.dialog.showModal();
  }

  async #send(data: FormData, notice: HTMLElement): Promise<void> {
    const value = (name: string): string => String(data.get(name) ?? "").trim();
    const instant = (name: string): string => new Date(value(name)).toISOString();
    try {
      notice.className = "notice-line";
      notice.textContent = "Asking";
      const body = { start: instant("start"), end: instant("end"), recipient: value("recipient"), reason: value("reason") };
      await this.#follow(await askExport(value("camera"), body), notice);
    } catch (error) {
      notice.className = "notice-line problem";
      notice.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  /** Waits for an export, also after the dialog is closed, and has the browser fetch it. */
  async #follow(asked: Export, notice: HTMLElement): Promise<void> {
    let one = asked;
    while (one.url === null) {
      if (one.state === "failed") throw new Error(one.problem);
      notice.replaceChildren(...progress(one));
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      one = await getExport(one.id);
    }
    notice.replaceChildren(
      "It is in the log, and kept for an hour: ",
      h("a", { href: one.url, download: "" }, `download ${megabytes(one.total_bytes)}`),
    );
    location.assign(one.url);
  }
}

function progress(one: Export): (string | HTMLElement)[] {
  if (one.state === "logging") return ["Made; waiting for the log and its witnesses"];
  const text = `${megabytes(one.done_bytes)} of ${megabytes(one.total_bytes)}`;
  return [h("progress", { max: one.total_bytes || 1, value: one.done_bytes, "aria-label": "Progress" }), ` ${text}`];
}

function field(name: string, control: HTMLElement, width = ""): HTMLElement {
  return h("label", width ? { class: width } : {}, h("span", {}, name), control);
}
