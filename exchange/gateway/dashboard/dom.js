// Small helpers for the document. All text goes through textContent, so nothing a trader wrote can become markup.

export const byId = (id) => document.getElementById(id);

export function element(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

export function shape(tag, attributes = {}, text = "") {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text) node.textContent = text;
  return node;
}

// Writing the same text again would still cost a layout.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });

export const amountText = (amount) => WHOLE.format(amount);
export const priceText = (price, decimals) => (price > 0 ? price.toFixed(decimals) : "–");
export const decimalsOf = (tick) => Math.max(0, Math.min(8, Math.round(-Math.log10(tick > 0 ? tick : 0.001))));

const two = (number) => String(number).padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function timeText(ms, seconds = true) {
  const at = new Date(ms);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}${seconds ? `:${two(at.getUTCSeconds())}` : ""}`;
}

export function dayText(ms) {
  const at = new Date(ms);
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`;
}

// As long as need be: 3d 04h, 4h 05m, 12:09.
export function shortSpan(ms) {
  if (ms <= 0) return "now";
  const seconds = Math.floor(ms / 1000);
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days) return `${days}d ${two(hours)}h`;
  return hours ? `${hours}h ${two(minutes)}m` : `${two(minutes)}:${two(seconds % 60)}`;
}

export function spanText(ms) {
  if (ms <= 0) return "now";
  const seconds = Math.floor(ms / 1000);
  const days = Math.floor(seconds / 86400);
  const clock = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return days ? `${days}d ${clock}` : clock;
}
