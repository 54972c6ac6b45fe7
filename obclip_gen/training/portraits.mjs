// Writes random cartoon portraits as JSON lines {gender, age, race, traits, svg}, reproducible from a seed.
//   node portraits.mjs path/to/facesjs/build/index.js COUNT SEED
// Every gender x age x race cell is equally likely. Age is shown by hair colour and by lines in the face.
import { pathToFileURL } from "node:url";

const [, , library, count, seed] = process.argv;

// mulberry32: facesjs draws from Math.random, so a seeded one makes the output reproducible.
let state = Number(seed) >>> 0;
Math.random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const { generate, faceToSvgString } = await import(pathToFileURL(library).href);

const pick = (list) => list[Math.floor(Math.random() * list.length)];
const chance = (p) => Math.random() < p;

const CLOTHES = {
  red: "#d62839", blue: "#2462c2", green: "#2a9d4a", yellow: "#f2c230", purple: "#7b3fb5",
  orange: "#f07f1f", pink: "#ef7fb0", black: "#26262b", white: "#f4f4f4", teal: "#1b9aaa",
};
const SMILES = ["smile", "smile2", "smile3", "smile4", "smile-closed"];
const MOUTHS = { smiling: SMILES, angry: ["angry"], serious: ["straight", "closed"] };
const HAIR = {
  black: ["#1c1a19", "#272421"], brown: ["#4a2c17", "#5A3825", "#6b4226"], blond: ["#e3b95f", "#d9b45b"], red: ["#b5472f", "#a83c20"],
};
const HAIR_OF = { white: ["black", "brown", "brown", "blond", "blond", "red"], asian: ["black", "black", "brown"], brown: ["black", "black", "brown"], black: ["black"] };
// Disjoint skin colours: the library's own palettes overlap between groups, and what is not drawn cannot be measured.
const SKIN = { white: ["#f8ddd0", "#f2d6cb"], asian: ["#f0c5a3", "#eab687", "#efbf95"], brown: ["#bb876f", "#b07f66", "#a67358"], black: ["#74453d", "#5c3937", "#683f3a"] };
const GREY = ["#b9b9bc", "#cfcfd2", "#e6e6e8"];
const SHAPES = {
  female: {
    long: ["female1", "female2", "female3", "female6", "female7", "female9", "female10", "longHair"], short: ["female4", "female5", "female8", "female11", "female12"],
    afro: ["afro2"],
  },
  male: {
    short: ["short", "short2", "short3", "crop", "parted", "short-fade", "crop-fade", "middle-part", "shortBangs"], curly: ["curly", "curly2", "curly3"],
    afro: ["afro", "afro2"], bald: ["bald", "short-bald"], long: ["longHair", "shaggy1", "shaggy2"], spiky: ["spike", "spike2", "spike3", "spike4"],
  },
};
const SHAPE_ODDS = {
  female: { white: ["long", "long", "short"], asian: ["long", "long", "short"], brown: ["long", "long", "short"], black: ["long", "long", "short", "afro"] },
  male: { white: ["short", "short", "short", "short", "curly", "bald", "bald", "long", "spiky"], asian: ["short", "short", "short", "spiky", "bald"], brown: ["short", "short", "short", "curly", "bald"], black: ["short", "short", "curly", "afro", "afro", "bald"] },
};
const FACIAL = {
  beard: ["beard1", "beard2", "beard3", "beard4", "beard5", "beard6", "fullgoatee", "fullgoatee2"],
  moustache: ["mustache1", "mustache-thin", "mustache1SB1"], goatee: ["goatee1", "goatee4", "goatee12", "goatee17"],
};

const blend = (colour, grey, share) => {
  const part = (hex, i) => parseInt(hex.slice(1 + 2 * i, 3 + 2 * i), 16);
  return "#" + [0, 1, 2].map((i) => Math.round(part(colour, i) * (1 - share) + part(grey, i) * share).toString(16).padStart(2, "0")).join("");
};

const portrait = () => {
  const gender = pick(["female", "male"]);
  const age = pick(["young", "middle-aged", "old"]);
  const race = pick(["white", "black", "brown", "asian"]);
  const shape = pick(SHAPE_ODDS[gender][race]);
  const colourName = pick(HAIR_OF[race]);
  const expression = pick(["smiling", "smiling", "smiling", "serious", "angry"]);
  const clothes = pick(Object.keys(CLOTHES));
  const facial = gender === "male" && chance(0.35) ? pick(Object.keys(FACIAL)) : "none";
  const glasses = chance(0.3);
  const hat = chance(0.15) ? pick(["hat", "headband"]) : "none";

  let hair = pick(HAIR[colourName]);
  if (age === "middle-aged") hair = blend(hair, "#8f8f94", 0.5);
  if (age === "old") hair = pick(GREY);
  const lines = {
    young: { smileLine: { id: "none" }, eyeLine: { id: "none" }, miscLine: { id: chance(0.12) ? pick(["freckles1", "freckles2"]) : "none" } },
    "middle-aged": { smileLine: { id: pick(["line1", "line2"]), size: 1.2 }, eyeLine: { id: pick(["line1", "line2"]) }, miscLine: { id: "none" } },
    old: { smileLine: { id: pick(["line1", "line2", "line4"]), size: 2.1 }, eyeLine: { id: pick(["line3", "line4", "line5", "line6"]) }, miscLine: { id: pick(["forehead2", "forehead3", "forehead4", "forehead5"]) } },
  }[age];

  const face = generate(
    {
      ...lines,
      body: { color: pick(SKIN[race]) },
      hair: { id: pick(SHAPES[gender][shape]), color: hair },
      facialHair: { id: facial === "none" ? "none" : pick(FACIAL[facial]) },
      glasses: { id: glasses ? pick(["glasses1-primary", "glasses2-black"]) : "none" },
      accessories: { id: hat === "hat" ? pick(["hat", "hat2"]) : hat },
      mouth: { id: pick(MOUTHS[expression]) },
      head: { shave: "rgba(0,0,0,0)" },
      teamColors: [CLOTHES[clothes], CLOTHES[clothes === "white" ? "blue" : "white"], "#3c3c44"],
    },
    { gender, race },
  );
  if (shape !== "long" || gender === "male") face.hairBg.id = "none";
  if (gender === "female" && shape === "long" && face.hairBg.id === "none") face.hairBg.id = pick(["female1", "female2", "female3"]);
  if (face.nose.id === "pinocchio") face.nose.id = "nose2";

  const hairColour = age === "old" ? "grey" : age === "middle-aged" ? "greying" : colourName;
  const traits = { hair: shape, hairColour, expression, clothes, facialHair: facial, glasses: glasses ? "glasses" : "none", hat, freckles: lines.miscLine.id.startsWith("freckles") ? "freckles" : "none" };
  // The library draws on a 400 x 600 canvas; the head and shoulders fill a square of it.
  const svg = faceToSvgString(face).replace(/viewBox="[^"]*"/, 'viewBox="-30 95 460 460"').replace(/(<svg[^>]*?) width="[^"]*"/, "$1").replace(/(<svg[^>]*?) height="[^"]*"/, "$1");
  return { gender, age, race, traits, svg };
};

const lines = [];
for (let i = 0; i < Number(count); i += 1) {
  lines.push(JSON.stringify(portrait()));
  if (lines.length === 200) {
    if (!process.stdout.write(lines.splice(0).join("\n") + "\n")) await new Promise((resolve) => process.stdout.once("drain", resolve));
  }
}
if (lines.length) process.stdout.write(lines.join("\n") + "\n");
