// Moves and zooms the map; without this script it is a picture with links.
const map = document.getElementById("map");
const panel = document.getElementById("zoom");
if (map && panel) {
  const [, , width, height] = map.getAttribute("viewBox").split(" ").map(Number);
  const moving = map.querySelector(".moving");
  const hints = [...map.querySelectorAll(".hint")];
  const fixed = [...map.querySelectorAll(".fixed")];
  const bar = map.querySelector(".bar");
  const scale = Number(map.dataset.scale);
  let zoom = 1;
  let x = 0;
  let y = 0;

  const draw = () => {
    const limit = (value, size) => Math.min(size / 2, Math.max(size / 2 - size * zoom, value));
    x = limit(x, width);
    y = limit(y, height);
    moving.setAttribute("transform", `translate(${x} ${y}) scale(${zoom})`);
    for (const one of fixed) {
      one.setAttribute("transform", `translate(${one.dataset.x} ${one.dataset.y}) scale(${1 / zoom})`);
    }
    // What is large enough to be seen to scale needs no pointer.
    for (const one of hints) one.setAttribute("display", Number(one.dataset.reach) * zoom < 34 ? "inline" : "none");
    const most = 140 / (scale * zoom);
    const power = 10 ** Math.floor(Math.log10(most));
    const metres = [5, 2, 1].map((step) => step * power).find((step) => step <= most);
    const length = metres * scale * zoom;
    bar.querySelector("path").setAttribute("d", `M0 -6V0H${length}V-6`);
    const text = bar.querySelector("text");
    text.setAttribute("x", length / 2);
    text.textContent = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  };

  const zoomBy = (factor, atX = width / 2, atY = height / 2) => {
    const next = factor === 0 ? 1 : Math.min(60, Math.max(1, zoom * factor));
    x = factor === 0 ? 0 : atX - (atX - x) * (next / zoom);
    y = factor === 0 ? 0 : atY - (atY - y) * (next / zoom);
    zoom = next;
    draw();
  };

  const place = (event) => {
    const box = map.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
  };

  panel.hidden = false;
  panel.addEventListener("click", (event) => {
    const factor = event.target.dataset.zoom;
    if (factor !== undefined) zoomBy(Number(factor));
  });
  map.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoomBy(event.deltaY < 0 ? 1.25 : 0.8, ...place(event));
    },
    { passive: false },
  );

  let held = null;
  let moved = false;
  map.addEventListener("pointerdown", (event) => {
    held = place(event);
    moved = false;
  });
  map.addEventListener("pointermove", (event) => {
    if (!held || event.buttons === 0) return;
    const now = place(event);
    if (!moved && Math.hypot(now[0] - held[0], now[1] - held[1]) < 4) return;
    moved = true;
    x += now[0] - held[0];
    y += now[1] - held[1];
    held = now;
    draw();
  });
  map.addEventListener("pointerup", () => {
    held = null;
  });
  map.addEventListener(
    "click",
    (event) => {
      if (moved) event.preventDefault();
    },
    true,
  );
  map.addEventListener("dragstart", (event) => event.preventDefault());

  // A marker that is reached by keyboard has to be in sight.
  map.addEventListener("focusin", (event) => {
    const spot = event.target.querySelector?.(".fixed");
    if (!spot || zoom === 1) return;
    x = width / 2 - Number(spot.dataset.x) * zoom;
    y = height / 2 - Number(spot.dataset.y) * zoom;
    draw();
  });
}
