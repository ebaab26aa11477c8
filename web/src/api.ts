// The server's answers (see /api/v1/openapi.json) and how to ask for them.

export type State = "connecting" | "live" | "stalled" | "offline" | "dark" | "failing";
export type Kind =
  | "appeared"
  | "zone"
  | "dwell"
  | "crossed"
  | "occupancy"
  | "recognition.verified"
  | "recognition.identified"
  | "recognition.refused"
  | "recognition.abstained";
export type Point = readonly [number, number];

export interface Status {
  state: State;
  reason: string;
  since: string;
  width: number;
  height: number;
  fps: number;
  analysed_fps: number;
  recording: boolean;
  occupancy: Record<string, number>;
  totals: Record<string, number>;
  prompt: "" | "ahead" | "left" | "right";
  answer: string;
}

export interface Camera {
  id: string;
  name: string;
  zones: { name: string; polygon: Point[] }[];
  tripwires: { name: string; start: Point; end: Point }[];
  charter: { version: string; controller: string; purpose: string; live: boolean; recipients: string[] } | null;
  status: Status | null;
}

export interface CameraEvent {
  event_id: string;
  camera: string;
  kind: Kind;
  rule: string;
  start: string;
  end: string | null;
  class: string;
  track_id: number | null;
  zone: string | null;
  direction: string | null;
  count: number;
  score: number;
  key: string;
  thumbnail: string | null;
  subject: string | null;
  reason: string | null;
}

export interface EventPage {
  items: CameraEvent[];
  next_cursor: string | null;
}

export interface Filters {
  camera: string;
  class: string;
  kind: string;
}

/** Who one is to the server, and what one may see. */
export interface Me {
  name: string;
  kind: "account" | "token" | "local";
  role: string;
  permissions: string[];
}

/** An export of redacted recordings that one asked for. */
export interface Export {
  id: string;
  state: "making" | "logging" | "ready" | "failed";
  done_bytes: number;
  total_bytes: number;
  problem: string;
  url: string | null;
}

export interface NewExport {
  start: string;
  end: string;
  recipient: string;
  reason: string;
}

export type UnsealState = "requested" | "cosigned" | "approved" | "opened" | "ended";

/** A request for originals under seal; `reached` is how far it came, also where it has ended. */
export interface UnsealRequest {
  id: string;
  camera: string;
  start: string;
  end: string;
  reason: string;
  recipient: string;
  requester: string;
  made: string;
  valid_until: string;
  leaf: number;
  state: UnsealState;
  reached: UnsealState;
  waits_for: string;
  needed: number;
  custodians: string[];
  approvals: string[];
  opened: string | null;
}

export const BASE = "/api/v1";

/** An answer other than success, in the server's own words. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

export async function ask(path: string, init?: RequestInit): Promise<Response> {
  const answer = await fetch(BASE + path, init);
  if (answer.status === 401 && !(path === "/session" && init?.method === "POST")) location.assign("/login");
  if (!answer.ok) {
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
    throw new Refused(answer.status, problem.detail ?? answer.statusText);
  }
  return answer;
}

export async function get<T>(path: string): Promise<T> {
  return (await (await ask(path)).json()) as T;
}

export const getCameras = async (): Promise<Camera[]> => (await get<{ items: Camera[] }>("/cameras")).items;
export const getEvent = (id: string): Promise<CameraEvent> => get(`/events/${id}`);
export const getExport = (id: string): Promise<Export> => get(`/exports/${id}`);
export const getRequests = async (): Promise<UnsealRequest[]> => (await get<{ items: UnsealRequest[] }>("/vault/requests")).items;
export const getMe = (): Promise<Me> => get("/session");

export function getEvents(filters: Filters, cursor: string | null, limit: number): Promise<EventPage> {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const [name, value] of Object.entries(filters)) if (value) query.set(name, value as string);
  if (cursor) query.set("cursor", cursor);
  return get(`/events?${query}`);
}

export function playlistUrl(camera: string, startMs: number, endMs: number): string {
  const query = new URLSearchParams({ start: String(Math.round(startMs)), end: String(Math.round(endMs)) });
  return `${BASE}/cameras/${camera}/hls.m3u8?${query}`;
}

export function liveUrl(camera: string): string {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}${BASE}/cameras/${camera}/live`;
}

export function post(path: string, body: object): Promise<Response> {
  return ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

export async function askExport(camera: string, wanted: NewExport): Promise<Export> {
  return (await (await post(`/cameras/${camera}/exports`, wanted)).json()) as Export;
}

export async function logIn(name: string, password: string): Promise<void> {
  await post("/session", { name, password });
}

export async function logOut(): Promise<void> {
  await ask("/session", { method: "DELETE" });
}
