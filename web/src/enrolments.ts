// What the desk asks of the server.

import { ask, get, post } from "./api";

export type Mode = "verify" | "identify";

export interface Offers {
  items: { camera: string; name: string; modes: Mode[]; controller: string; purpose: string; alternative: string }[];
  languages: string[];
  least_photos: number;
  most_photos: number;
  largest_photo: number;
}

export interface Wish {
  cameras: string[];
  modes: Mode[];
  days: number;
  minor: boolean;
  guardian: string;
  language: string;
}

export interface Draft {
  consent: Record<string, unknown>;
  text: string;
  version: string;
}

export interface Look {
  good: boolean;
  flaws: string[];
  advice: string[];
}

export interface Enrolled {
  number: string;
  receipt: string;
  paper: string;
  pass_png: string | null;
}

export interface Enrolment {
  number: string;
  name: string;
  contact: string;
  minor: boolean;
  cameras: string[];
  modes: Mode[];
  enrolled: string;
  until: string;
}

export interface Tally {
  camera: string;
  attempts: number;
  failed: number;
}

export const getOffers = (): Promise<Offers> => get("/enrolments/offers");
export const getEnrolments = async (): Promise<Enrolment[]> => (await get<{ items: Enrolment[] }>("/enrolments")).items;
export const getTallies = async (): Promise<Tally[]> => (await get<{ items: Tally[] }>("/enrolments/figures")).items;

export async function draft(wish: Wish): Promise<Draft> {
  return (await (await post("/enrolments/drafts", wish)).json()) as Draft;
}

export async function look(photo: Blob): Promise<Look> {
  const init = { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: photo };
  return (await (await ask("/enrolments/photos", init)).json()) as Look;
}

export async function enrol(name: string, contact: string, agreed: Draft, photos: string[]): Promise<Enrolled> {
  const answer = await post("/enrolments", { name, contact, consent: agreed.consent, photos });
  return (await answer.json()) as Enrolled;
}

export async function countFailure(cameras: string[], reason: string): Promise<void> {
  await post("/enrolments/failures", { cameras, reason });
}

export async function newPass(number: string, old: string): Promise<Enrolled> {
  return (await (await post(`/enrolments/${number}/pass`, { old })).json()) as Enrolled;
}

export async function withdraw(number: string): Promise<void> {
  await ask(`/enrolments/${number}`, { method: "DELETE" });
}
