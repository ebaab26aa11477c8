// Plays a camera's fragments as they come: WebSocket in, Media Source out, kept close to the newest picture.

const BEHIND_S = 1.5;
const TOO_FAR_BEHIND_S = 4;
const KEPT_S = 30;
const SILENCE_MS = 8000;
const LONGEST_RETRY_MS = 15_000;

type SourceClass = typeof MediaSource;

function sourceClass(): SourceClass | undefined {
  const managed = (self as unknown as { ManagedMediaSource?: SourceClass }).ManagedMediaSource;
  return self.MediaSource ?? managed;
}

/** One live view; `start` and `stop` may alternate. */
export class LivePlayer {
  #socket: WebSocket | null = null;
  #buffer: SourceBuffer | null = null;
  #queue: ArrayBuffer[] = [];
  #address = "";
  #retries = 0;
  #retryTimer = 0;
  #silenceTimer = 0;
  #running = false;

  /** `onPlaying` hears whether pictures move. */
  constructor(
    readonly video: HTMLVideoElement,
    readonly url: string,
    readonly onPlaying: (playing: boolean) => void,
  ) {
    video.disableRemotePlayback = true;
    video.addEventListener("timeupdate", () => this.onPlaying(true));
    video.addEventListener("error", () => this.#socket?.close());
  }

  static get supported(): boolean {
    return sourceClass() !== undefined;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#connect();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#silenceTimer);
    this.#socket?.close();
  }

  #connect(): void {
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.addEventListener("message", (message: MessageEvent<string | ArrayBuffer>) => {
      if (socket !== this.#socket) return;
      this.#retries = 0;
      this.#listenForSilence();
      if (typeof message.data === "string") this.#begin((JSON.parse(message.data) as { mime: string }).mime);
      else this.#take(message.data);
    });
    socket.addEventListener("close", () => {
      if (socket === this.#socket) this.#lost();
    });
  }

  #lost(): void {
    clearTimeout(this.#silenceTimer);
    this.#socket = null;
    this.onPlaying(false);
    if (!this.#running) return;
    const longest = Math.min(1000 * 2 ** this.#retries++, LONGEST_RETRY_MS);
    this.#retryTimer = setTimeout(() => this.#connect(), longest * (0.5 + Math.random() / 2));
  }

  #listenForSilence(): void {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => this.onPlaying(false), SILENCE_MS);
  }

  /** A new stream: everything before is forgotten. */
  #begin(mime: string): void {
    const Source = sourceClass();
    if (!Source) return;
    const source = new Source();
    this.#buffer = null;
    this.#queue = [];
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = URL.createObjectURL(source);
    this.video.src = this.#address;
    source.addEventListener(
      "sourceopen",
      () => {
        const buffer = source.addSourceBuffer(mime);
        buffer.addEventListener("updateend", () => {
          if (buffer !== this.#buffer) return;
          this.#stayLive();
          this.#pump();
        });
        this.#buffer = buffer;
        this.#pump();
      },
      { once: true },
    );
  }

  #take(data: ArrayBuffer): void {
    this.#queue.push(data);
    this.#pump();
  }

  #pump(): void {
    const buffer = this.#buffer;
    if (!buffer || buffer.updating) return;
    const played = this.video.currentTime - KEPT_S;
    if (buffer.buffered.length && buffer.buffered.start(0) < played - KEPT_S) {
      buffer.remove(0, played);
      return;
    }
    const next = this.#queue.shift();
    if (!next) return;
    try {
      buffer.appendBuffer(next);
    } catch {
      this.#socket?.close(); // the buffer is full or broken: begin anew
    }
  }

  #stayLive(): void {
    const { video } = this;
    const ranges = video.buffered;
    if (!ranges.length) return;
    const start = ranges.start(ranges.length - 1);
    const end = ranges.end(ranges.length - 1);
    const behind = end - video.currentTime;
    if (video.currentTime < start || behind > TOO_FAR_BEHIND_S) video.currentTime = Math.max(start, end - BEHIND_S);
    video.playbackRate = behind > 2 * BEHIND_S ? 1.06 : 1;
    if (video.paused) void video.play().catch(() => undefined);
  }
}
