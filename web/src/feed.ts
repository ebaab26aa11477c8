// Server-sent events: statuses and events as they happen.

import { BASE, getMe, type CameraEvent, type Status } from "./api";

export interface Hearer {
  online(): void;
  offline(): void;
  status(camera: string, status: Status): void;
  event(event: CameraEvent): void;
}

const RETRY_MS = 3000;

/** Listens for ever; the browser reconnects by itself, except after an answer that was an error. */
export function listen(hearer: Hearer): void {
  const source = new EventSource(`${BASE}/events/stream`);
  source.addEventListener("open", () => hearer.online());
  source.addEventListener("error", () => {
    hearer.offline();
    if (source.readyState !== EventSource.CLOSED) return;
    source.close();
    void getMe().catch(() => undefined); // leads to the login page where the session has expired
    setTimeout(() => listen(hearer), RETRY_MS);
  });
  source.addEventListener("status", (message: MessageEvent<string>) => {
    const { camera, status } = JSON.parse(message.data) as { camera: string; status: Status };
    hearer.status(camera, status);
  });
  source.addEventListener("event", (message: MessageEvent<string>) => {
    hearer.event(JSON.parse(message.data) as CameraEvent);
  });
}
