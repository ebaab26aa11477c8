// The first page: live wall on the left, latest events on the right.

import { getCameras, getSystem, logOut } from "./api";
import { ClipDialog } from "./clip";
import { byId, setText } from "./dom";
import { EventList } from "./events";
import { listen } from "./feed";
import { Wall } from "./wall";

const RETRY_MS = 3000;
const SHAPES_KEY = "custodes.shapes";

const banner = byId("offline");
const wall = new Wall(byId("wall"), byId("summary"));
const events = new EventList(byId("list"), (event) => clip.open(event));
const clip = new ClipDialog(
  byId<HTMLDialogElement>("clip"),
  (camera) => events.nameOf(camera),
  (event, step) => events.neighbour(event, step),
);

function offline(): void {
  setText(banner, "The server cannot be reached. Trying again …");
  banner.hidden = false;
}

function shapesButton(): void {
  const button = byId<HTMLButtonElement>("overlay");
  const show = (shown: boolean): void => {
    button.setAttribute("aria-pressed", String(shown));
    wall.showShapes(shown);
  };
  show(localStorage.getItem(SHAPES_KEY) !== "off");
  button.addEventListener("click", () => {
    const shown = button.getAttribute("aria-pressed") !== "true";
    localStorage.setItem(SHAPES_KEY, shown ? "on" : "off");
    show(shown);
  });
}

async function logOutButton(): Promise<void> {
  const { password_required: needed } = await getSystem();
  const button = byId<HTMLButtonElement>("logout");
  button.hidden = !needed;
  button.addEventListener("click", () => void logOut().then(() => location.assign("/login")));
}

async function begin(): Promise<void> {
  try {
    const cameras = await getCameras();
    wall.show(cameras);
    events.setCameras(cameras);
    await logOutButton();
  } catch {
    offline();
    setTimeout(() => void begin(), RETRY_MS);
    return;
  }
  listen({
    online: () => {
      banner.hidden = true;
      void events.load(); // whatever happened while nobody listened
    },
    offline,
    status: (camera, status) => wall.update(camera, status),
    event: (event) => events.hear(event),
  });
}

shapesButton();
wall.message("Loading", "");
void begin();
