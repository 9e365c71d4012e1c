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
    if (document.hidden) hidden.port2.postMessage(0);
    return frame(draw);
  };
  document.addEventListener("visibilitychange", draw);
}
