// Times, durations and events in words.

import type { CameraEvent, Kind, State } from "./api";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium", hourCycle: "h23" });

const short = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });

export const STATES: Record<State, string> = {
  connecting: "Connecting",
  live: "Live",
  stalled: "Stalled",
  offline: "Offline",
  dark: "Dark",
  failing: "Failing",
};

export const KINDS: Record<Kind, string> = {
  appeared: "Appeared",
  zone: "In a zone",
  dwell: "Stayed",
  crossed: "Crossed a tripwire",
  occupancy: "Occupancy",
  "recognition.verified": "Recognised by a pass",
  "recognition.identified": "Recognised",
  "recognition.refused": "Not recognised",
  "recognition.abstained": "No answer",
};

export const clockTime = (iso: string): string => clock.format(new Date(iso));
export const fullTime = (iso: string): string => full.format(new Date(iso));

export const shortTime = (iso: string): string => short.format(new Date(iso));
export const interval = (start: string, end: string): string => short.formatRange(new Date(start), new Date(end));

/** Returns an instant as `datetime-local` inputs want it: local time, whole seconds. */
export function inputTime(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

export function dayName(iso: string, now: Date = new Date()): string {
  const day = new Date(iso);
  const midnight = (d: Date): number => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  const days = Math.round((midnight(now) - midnight(day)) / 86_400_000);
  return days === 0 ? "Today" : days === 1 ? "Yesterday" : weekday.format(day);
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Returns a number of objects in words: `1 person`, `3 people`. */
export function countOf(count: number, name: string): string {
  if (count === 1) return `1 ${name}`;
  const plural = name === "person" ? "people" : name.endsWith("s") ? `${name}es` : `${name}s`;
  return `${count} ${plural}`;
}

/** Says what happened, in a few words. */
export function headline(event: CameraEvent): string {
  const who = capital(event.class || "object");
  switch (event.kind) {
    case "appeared":
      return `${who} appeared`;
    case "zone":
      return `${who} in ${event.zone ?? "view"}`;
    case "dwell":
      return `${who} stayed in ${event.zone ?? "view"}`;
    case "crossed":
      return `${who} crossed ${event.zone ?? "a tripwire"}`;
    case "occupancy":
      return `${countOf(event.count, event.class || "object")} in ${event.zone ?? "view"}`;
    case "recognition.verified":
    case "recognition.identified":
      return `Recognised: ${event.subject?.slice(0, 8) ?? ""}`;
    case "recognition.refused":
    case "recognition.abstained":
      return KINDS[event.kind];
  }
}

/** Says how long it took, or which way it went. */
export function detail(event: CameraEvent): string {
  if (event.reason) return event.reason;
  if (event.kind === "crossed") return event.direction ?? "";
  if (event.end === null) return "ongoing";
  return duration((Date.parse(event.end) - Date.parse(event.start)) / 1000);
}
