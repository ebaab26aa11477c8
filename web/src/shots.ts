// The photos of one person: taken with the camera at the desk or chosen as files, judged by the server one by one.

import { byId, h, setText } from "./dom";
import { look, type Look } from "./enrolments";
import { capital } from "./words";

interface Shot {
  blob: Blob;
  url: string;
  look: Look | null;
  item: HTMLLIElement;
}

const JPEG_QUALITY = 0.95;
const WANTED: MediaStreamConstraints = {
  audio: false,
  video: { width: { ideal: 1280 }, height: { ideal: 960 }, facingMode: "user" },
};

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Returns the content of `blob` as a data URL. */
function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result as string));
    reader.addEventListener("error", () => reject(new Error("the file cannot be read")));
    reader.readAsDataURL(blob);
  });
}

/** Photos with what each is like, and the camera at the desk. */
export class Shots {
  private shots: Shot[] = [];
  private stream: MediaStream | null = null;
  private readonly list = byId("shots");
  private readonly video = byId<HTMLVideoElement>("video");
  private readonly problem = byId("camera-problem");
  private readonly files = byId<HTMLInputElement>("files");
  most = 6;
  largest = 0;

  constructor(private readonly changed: () => void) {
    byId("camera").addEventListener("click", () => void (this.stream ? this.close() : this.open()));
    byId("shoot").addEventListener("click", () => void this.shoot());
    this.files.addEventListener("change", () => {
      for (const file of this.files.files ?? []) void this.add(file);
      this.files.value = "";
    });
  }

  get good(): number {
    return this.shots.filter((shot) => shot.look?.good).length;
  }

  get judging(): boolean {
    return this.shots.some((shot) => shot.look === null);
  }

  /** What most of the photos that will not do have to change first; null where all will. */
  get flaw(): string | null {
    const flaws = this.shots.flatMap((shot) => shot.look?.flaws[0] ?? []);
    const times = (flaw: string): number => flaws.filter((one) => one === flaw).length;
    return flaws.reduce<string | null>((most, flaw) => (most && times(most) >= times(flaw) ? most : flaw), null);
  }

  /** Returns the photos that will do, in base64. */
  async encoded(): Promise<string[]> {
    const good = this.shots.filter((shot) => shot.look?.good).slice(0, this.most);
    const urls = await Promise.all(good.map((shot) => dataUrl(shot.blob)));
    return urls.map((url) => url.slice(url.indexOf(",") + 1));
  }

  /** Lets go of all photos, and of the camera. */
  clear(): void {
    for (const shot of this.shots) shot.item.remove();
    this.shots = [];
    this.close();
  }

  private async open(): Promise<void> {
    setText(this.problem, "");
    try {
      if (!navigator.mediaDevices) throw new Error("the browser lends a camera only to pages over HTTPS or on this machine");
      this.stream = await navigator.mediaDevices.getUserMedia(WANTED);
      this.video.srcObject = this.stream;
      await this.video.play();
    } catch (error) {
      this.close();
      setText(this.problem, `The camera cannot be used: ${words(error)}. Choose files instead.`);
    }
    this.show();
  }

  private close(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
    this.show();
  }

  private show(): void {
    byId("stage").hidden = byId("shoot").hidden = this.stream === null;
    setText(byId("camera"), this.stream ? "Close the camera" : "Open the camera");
    this.changed();
  }

  private async shoot(): Promise<void> {
    const canvas = document.createElement("canvas");
    canvas.width = this.video.videoWidth;
    canvas.height = this.video.videoHeight;
    canvas.getContext("2d")?.drawImage(this.video, 0, 0);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY));
    if (blob) await this.add(blob);
  }

  private async add(blob: Blob): Promise<void> {
    const told = h("p", { class: "told" }, "Looking …");
    const remove = h("button", { type: "button", class: "remove", "aria-label": "Remove this photo" }, "×");
    const picture = h("div", { class: "shot" }, remove);
    const shot: Shot = { blob, url: "", look: null, item: h("li", { class: "judging" }, picture, told) };
    remove.addEventListener("click", () => this.remove(shot));
    this.shots.push(shot);
    this.list.append(shot.item);
    this.changed();
    try {
      if (blob.size > this.largest) throw new Error(`the file is larger than ${this.largest >> 20} MiB`);
      void this.preview(shot, picture);
      shot.look = await look(blob);
    } catch (error) {
      shot.look = { good: false, flaws: ["unreadable"], advice: [words(error)] };
    }
    shot.item.className = shot.look.good ? "good" : "bad";
    setText(told, shot.look.good ? "Will do" : shot.look.advice.map((text) => `${capital(text)}.`).join(" "));
    this.changed();
  }

  private async preview(shot: Shot, picture: HTMLElement): Promise<void> {
    const image = h("img", { src: await dataUrl(shot.blob), alt: "" });
    image.addEventListener("error", () => image.remove()); // such as HEIC, which few browsers show
    picture.prepend(image);
  }

  private remove(shot: Shot): void {
    shot.item.remove();
    this.shots = this.shots.filter((one) => one !== shot);
    this.changed();
  }
}
