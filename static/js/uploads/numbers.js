// Numbers as the page's language writes them. To make a format takes longer than to use it a hundred times: each is made once.
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
const formats = new Map();

function written(value, key, options) {
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(document.documentElement.lang, options));
  return formats.get(key).format(value);
}

export const number = (value) => written(value, "", {});

export function sizeText(bytes) {
  const step = bytes < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  const style = { style: "unit", unit: UNITS[step], unitDisplay: "short", maximumFractionDigits: step > 1 ? 1 : 0 };
  return written(bytes / 1000 ** step, UNITS[step], style);
}

export function timeText(seconds) {
  const unit = seconds < 90 ? "second" : seconds < 5400 ? "minute" : "hour";
  const value = Math.max(1, Math.round(seconds / { second: 1, minute: 60, hour: 3600 }[unit]));
  return written(value, unit, { style: "unit", unit, unitDisplay: "long" });
}
