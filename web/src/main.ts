// The first page: live wall on the left, latest events on the right.

import { getCameras, getMe, logOut, type Me } from "./api";
import { ClipDialog } from "./clip";
import { byId, setText } from "./dom";
import { EventList } from "./events";
import { ExportDialog } from "./export";
import { listen } from "./feed";
import { Wall } from "./wall";

const RETRY_MS = 3000;
const LATELY_MS = 600_000;
const SHAPES_KEY = "custodes.shapes";

const banner = byId("offline");
const wall = new Wall(byId("wall"), byId("summary"));
const events = new EventList(byId("list"), (event) => clip.open(event));
const clip = new ClipDialog(
  byId<HTMLDialogElement>("clip"),
  (camera) => events.nameOf(camera),
  (event, step) => events.neighbour(event, step),
  (camera) => (mayExport && exporting.possible(camera) ? (start, end) => exporting.open(start, end, camera) : null),
);
const exporting = new ExportDialog(byId<HTMLDialogElement>("export"));
const exportButton = byId<HTMLButtonElement>("exporting");
let mayExport = false;

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

function showMe(me: Me): void {
  const name = byId("me");
  setText(name, me.name);
  name.title = `Logged in as ${me.name}, ${me.role}`;
  name.hidden = byId("logout").hidden = me.kind !== "account";
  byId("desk").hidden = !me.permissions.includes("enrolment");
  mayExport = me.permissions.includes("export");
  byId("originals").hidden = !me.permissions.includes("originals");
  document.body.classList.toggle("no-events", !me.permissions.includes("events"));
}

async function begin(): Promise<void> {
  let me: Me;
  try {
    me = await getMe();
    if (!me.permissions.includes("health")) {
      location.replace("/desk"); // whoever enrols people sees nothing of cameras
      return;
    }
    showMe(me);
    const cameras = await getCameras();
    wall.show(cameras, me.permissions.includes("imagery"));
    events.setCameras(cameras);
    exporting.setCameras(cameras);
    exportButton.hidden = !(mayExport && exporting.possible());
  } catch {
    offline();
    setTimeout(() => void begin(), RETRY_MS);
    return;
  }
  listen({
    online: () => {
      banner.hidden = true;
      if (me.permissions.includes("events")) void events.load(); // whatever happened while nobody listened
    },
    offline,
    status: (camera, status) => wall.update(camera, status),
    event: (event) => events.hear(event),
  });
}

shapesButton();
exportButton.addEventListener("click", () => exporting.open(Date.now() - LATELY_MS, Date.now()));
byId("logout").addEventListener("click", () => void logOut().then(() => location.assign("/login")));
wall.message("Loading", "");
void begin();
