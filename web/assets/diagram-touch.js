// Fingers on a diagram: one moves it, two zoom it around the point between them. The viewer
// itself knows the mouse only.
const BOUNDS = [0.2, 4];

const middle = ([first, second]) => ({
  x: (first.x + second.x) / 2,
  y: (first.y + second.y) / 2,
});
const apart = ([first, second]) => Math.hypot(first.x - second.x, first.y - second.y);

export function addTouch(element, canvas) {
  const fingers = new Map();

  const place = (event) => {
    const frame = element.getBoundingClientRect();
    return { x: event.clientX - frame.left, y: event.clientY - frame.top };
  };
  const lift = (event) => fingers.delete(event.pointerId);

  element.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse") fingers.set(event.pointerId, place(event));
  });
  element.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const before = [...fingers.values()];
    fingers.set(event.pointerId, place(event));
    const after = [...fingers.values()];
    if (after.length === 1) {
      canvas.scroll({ dx: after[0].x - before[0].x, dy: after[0].y - before[0].y });
    } else if (after.length === 2) {
      const [from, to] = [middle(before), middle(after)];
      canvas.scroll({ dx: to.x - from.x, dy: to.y - from.y });
      const wanted = (canvas.zoom() * apart(after)) / Math.max(1, apart(before));
      canvas.zoom(Math.min(BOUNDS[1], Math.max(BOUNDS[0], wanted)), to);
    }
  });
  element.addEventListener("pointerup", lift);
  element.addEventListener("pointercancel", lift);
  element.addEventListener("pointerleave", lift);
}
