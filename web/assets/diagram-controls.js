// Buttons and keys of a diagram: arrows move it, + and − zoom, 0 fits it into its frame.
const STEP = 60;
const FACTOR = 1.25;
const BOUNDS = [0.2, 4];

const zoomBy = (canvas, factor) => {
  const wanted = canvas.zoom() * factor;
  canvas.zoom(Math.min(BOUNDS[1], Math.max(BOUNDS[0], wanted)), "auto");
};

const button = (sign, title, act) => {
  const node = document.createElement("button");
  node.type = "button";
  node.className = "diagram-button";
  node.textContent = sign;
  node.title = title;
  node.setAttribute("aria-label", title);
  node.addEventListener("click", act);
  return node;
};

export function addControls(element, canvas, fit) {
  const keys = {
    ArrowLeft: () => canvas.scroll({ dx: STEP, dy: 0 }),
    ArrowRight: () => canvas.scroll({ dx: -STEP, dy: 0 }),
    ArrowUp: () => canvas.scroll({ dx: 0, dy: STEP }),
    ArrowDown: () => canvas.scroll({ dx: 0, dy: -STEP }),
    "+": () => zoomBy(canvas, FACTOR),
    "=": () => zoomBy(canvas, FACTOR),
    "-": () => zoomBy(canvas, 1 / FACTOR),
    0: fit,
  };
  element.addEventListener("keydown", (event) => {
    const act = event.target === element && !event.ctrlKey && !event.metaKey && keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  const bar = document.createElement("div");
  bar.className = "diagram-controls";
  bar.append(
    button("+", "放大", () => zoomBy(canvas, FACTOR)),
    button("−", "缩小", () => zoomBy(canvas, 1 / FACTOR)),
    button("⤢", "适合窗口", fit),
  );
  element.append(bar);
}
