// Dioxus draws in animation frames, and takes nothing else before a drawing is done. A window that
// nobody sees has no frames: the app would stand still for as long as it is minimised. So there a
// frame comes at once, and one that is waited for comes when the window goes out of sight.
{
  const frame = window.requestAnimationFrame.bind(window);
  const hidden = new MessageChannel();
  const waiting = [];
  const draw = () => {
    const now = performance.now();
    for (const callback of waiting.splice(0)) callback(now);
  };
  hidden.port1.onmessage = draw;
  window.requestAnimationFrame = (callback) => {
    waiting.push(callback);
    if (!document.hidden) return frame(draw);
    hidden.port2.postMessage(0);
    return 0;
  };
  document.addEventListener("visibilitychange", draw);
}

// Whoever selects the words of a link to copy them does not follow it.
document.addEventListener(
  "click",
  (event) => {
    const isLink = event.target instanceof Element && event.target.closest(".link");
    if (isLink && !getSelection().isCollapsed) event.stopImmediatePropagation();
  },
  true,
);
