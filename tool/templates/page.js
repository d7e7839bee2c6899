// What the page can do more than be read: zooming, finding by name, a line about the call under
// the pointer.
(() => {
  "use strict";
  const track = document.getElementById("track");
  if (!track) return;
  const scroll = document.getElementById("scroll");
  const readout = document.getElementById("readout");
  const said = readout.textContent;
  const length = Number(track.dataset.length) / 1e6;
  let zoom = 1;

  // As the page itself has them, for as much as is seen at once.
  const drawTicks = () => {
    const steps = [];
    for (let power = -3; power < 13; power += 1)
      for (const digit of [1, 2, 5]) steps.push([digit * 10 ** power, Math.max(0, -power)]);
    const found = steps.find(([step]) => length / zoom / step <= 10);
    if (!found) return;
    const [step, decimals] = found;
    const ticks = [];
    for (let tick = 0; tick * step <= length && ticks.length < 2000; tick += 1) {
      const mark = document.createElement("s");
      mark.style.left = (tick * step / length) * 100 + "%";
      mark.textContent = (tick * step).toFixed(decimals) + " s";
      ticks.push(mark);
    }
    document.getElementById("ticks").replaceChildren(...ticks);
  };

  // What is at `x` of the window stays there.
  const zoomTo = (wanted, x = scroll.clientWidth / 2) => {
    const place = (scroll.scrollLeft + x) / zoom;
    zoom = Math.min(200, Math.max(1, wanted));
    track.style.setProperty("--zoom", zoom);
    scroll.scrollLeft = place * zoom - x;
    drawTicks();
  };
  document.getElementById("in").onclick = () => zoomTo(zoom * 2);
  document.getElementById("out").onclick = () => zoomTo(zoom / 2);
  document.getElementById("all").onclick = () => zoomTo(1);
  scroll.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoomTo(zoom * (event.deltaY < 0 ? 1.25 : 0.8), event.clientX - scroll.getBoundingClientRect().left);
  }, { passive: false });
  scroll.addEventListener("keydown", (event) => {
    if (event.key === "+") zoomTo(zoom * 2);
    if (event.key === "-") zoomTo(zoom / 2);
    if (event.key === "0") zoomTo(1);
  });

  track.addEventListener("mouseover", (event) => {
    readout.textContent = event.target.title || said;
  });
  track.addEventListener("mouseleave", () => { readout.textContent = said; });

  document.getElementById("named").addEventListener("input", (event) => {
    const word = event.target.value.toLowerCase();
    for (const bar of track.querySelectorAll(":scope > i"))
      bar.classList.toggle("other", !bar.title.toLowerCase().includes(word));
    for (const row of document.querySelectorAll(".calls tbody tr"))
      row.classList.toggle("other", !row.textContent.toLowerCase().includes(word));
  });

  document.querySelector(".script").hidden = false;
})();
