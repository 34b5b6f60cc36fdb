// What both charts share: an SVG as large as its box, linear scales, round ticks.

import { shape } from "./dom.js";

const LEFT = 8;
const RIGHT = 54;
const TOP = 10;
const BOTTOM = 22;
const LABEL_PX = 54;

export class Plot {
  constructor(svg, onResize) {
    this.svg = svg;
    this.layers = {};
    this.width = 0;
    this.height = 0;
    new ResizeObserver(() => {
      this.measure();
      onResize();
    }).observe(svg.parentElement);
    this.measure();
  }

  measure() {
    const { clientWidth, clientHeight } = this.svg.parentElement;
    this.width = clientWidth;
    this.height = clientHeight;
    this.svg.setAttribute("viewBox", `0 0 ${Math.max(1, clientWidth)} ${Math.max(1, clientHeight)}`);
  }

  get visible() {
    return this.width > 80 && this.height > 60;
  }

  // Layers are drawn in the order of their first use.
  layer(name) {
    if (!this.layers[name]) {
      this.layers[name] = shape("g", { class: name });
      this.svg.append(this.layers[name]);
    }
    return this.layers[name];
  }

  range(xMin, xMax, yMin, yMax) {
    Object.assign(this, { xMin, xMax, yMin, yMax });
  }

  x(value) {
    return LEFT + ((value - this.xMin) / (this.xMax - this.xMin || 1)) * (this.width - LEFT - RIGHT);
  }

  y(value) {
    return this.height - BOTTOM - ((value - this.yMin) / (this.yMax - this.yMin || 1)) * (this.height - TOP - BOTTOM);
  }

  // The value under a place on the screen.
  at(clientX) {
    const box = this.svg.getBoundingClientRect();
    const share = (clientX - box.left - LEFT) / (this.width - LEFT - RIGHT);
    return this.xMin + share * (this.xMax - this.xMin);
  }

  axes(xTicks, decimals) {
    const parts = [];
    for (const value of roundTicks(this.yMin, this.yMax, Math.max(2, Math.floor(this.height / 46)))) {
      const y = this.y(value).toFixed(1);
      parts.push(shape("line", { x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y }));
      parts.push(shape("text", { x: this.width - RIGHT + 6, y, dy: "0.35em" }, value.toFixed(decimals)));
    }
    for (const { at, text } of xTicks) {
      const x = this.x(at);
      const inside = Math.max(LABEL_PX / 2, x);
      parts.push(shape("line", { x1: x.toFixed(1), x2: x.toFixed(1), y1: TOP, y2: this.height - BOTTOM }));
      parts.push(shape("text", { x: inside.toFixed(1), y: this.height - 6, "text-anchor": "middle" }, text));
    }
    this.layer("axes").replaceChildren(...parts);
  }

  // Keeps one <path> a name and only rewrites its shape.
  path(name, commands) {
    const layer = this.layer(name);
    if (!layer.firstChild) layer.append(shape("path"));
    layer.firstChild.setAttribute("d", commands);
  }

  clear() {
    for (const layer of Object.values(this.layers)) layer.replaceChildren();
  }
}

export function line(points) {
  return points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

// A price holds until the next one, so it is drawn as steps.
export function steps(points) {
  return points.map(([x, y], index) => (index ? `H${x.toFixed(1)}V${y.toFixed(1)}` : `M${x.toFixed(1)} ${y.toFixed(1)}`)).join("");
}

export function area(upper, lower) {
  return `${line(upper)}${line([...lower].reverse()).replace("M", "L")}Z`;
}

export function roundTicks(low, high, count) {
  const raw = (high - low) / count;
  if (!(raw > 0)) return [];
  const scale = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * scale).find((one) => one >= raw);
  const ticks = [];
  for (let index = Math.ceil(low / step); index * step <= high; index++) ticks.push(index * step);
  return ticks;
}
