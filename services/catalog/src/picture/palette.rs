//! Colours: a ground and a thing of each category, in a few moods.

/// The colours of one picture, as `#rrggbb`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    /// Upper and lower end of the ground.
    sky: [&'static str; 2],
    /// A round shape behind the thing, and the floor.
    sun: &'static str,
    floor: &'static str,
    main: [&'static str; 2],
    dark: [&'static str; 2],
    accent: [&'static str; 2],
    light: &'static str,
    shade: &'static str,
}

const NAVY: [&str; 2] = ["#2f5d86", "#16324f"];
const DEEP: [&str; 2] = ["#1f4266", "#0f253b"];
const RED: [&str; 2] = ["#ef6a4c", "#c8402a"];
const MUSTARD: [&str; 2] = ["#f4bf4f", "#dd9a24"];
const TEAL: [&str; 2] = ["#2f9c95", "#176b69"];
const PINE: [&str; 2] = ["#1d6a60", "#0f4540"];
const SAND: [&str; 2] = ["#e9cfa3", "#cfa873"];
const OAK: [&str; 2] = ["#b98453", "#8a5a33"];
const BLUSH: [&str; 2] = ["#f0a58f", "#d97c66"];
const CREAM: [&str; 2] = ["#fbf3e2", "#ecdcbc"];
const SLATE: [&str; 2] = ["#6d8496", "#455b6c"];

/// Main, dark and accent of the things.
const THINGS: [[[&str; 2]; 3]; 8] = [
    [NAVY, DEEP, RED],
    [MUSTARD, ["#c98518", "#94600f"], NAVY],
    [TEAL, PINE, MUSTARD],
    [RED, ["#a93422", "#7d2216"], CREAM],
    [SAND, OAK, NAVY],
    [SLATE, ["#3f5365", "#283947"], MUSTARD],
    [BLUSH, ["#b65c49", "#8b4132"], PINE],
    [PINE, ["#0f4540", "#08302c"], BLUSH],
];

/// Sky, sun and floor of the grounds.
const GROUNDS: [([&str; 2], &str, &str); 8] = [
    (["#e8f1f4", "#c9dfe8"], "#f7fafb", "#b4d0dc"),
    (["#fbeede", "#f4d9ba"], "#fff8ec", "#ecc9a2"),
    (["#e6f2ec", "#c3dfd3"], "#f5fbf7", "#acd0c1"),
    (["#fde9e1", "#f7cfc0"], "#fff6f1", "#efbba8"),
    (["#eef0e4", "#d8dcc0"], "#fafbf2", "#c6cba9"),
    (["#e9ecf5", "#cad2e8"], "#f8f9fd", "#b5c0dd"),
    (["#fdf3d9", "#f8e0a6"], "#fffaea", "#efd086"),
    (["#f3ece6", "#dfcfc1"], "#fdf9f5", "#d0bba9"),
];

/// Grounds and things that go well together, for each category.
const MOODS: &[(&str, &[(usize, usize)])] = &[
    ("apparel", &[(0, 0), (1, 1), (0, 3), (7, 7)]),
    ("bags", &[(6, 0), (1, 2), (4, 4), (5, 3)]),
    ("galley", &[(3, 0), (2, 3), (1, 2), (0, 6)]),
    ("lamps", &[(5, 1), (0, 5), (7, 3), (4, 7)]),
    ("maps-and-books", &[(4, 4), (1, 0), (2, 2), (7, 3)]),
    ("tools", &[(7, 5), (0, 3), (6, 2), (5, 0)]),
    ("toys", &[(6, 3), (0, 1), (2, 0), (3, 2)]),
    ("home", &[(3, 7), (7, 6), (2, 4), (5, 2)]),
];
const ANY_MOOD: &[(usize, usize)] = &[(0, 0), (1, 2), (2, 3), (3, 7), (6, 0), (5, 6)];

/// Words in names that ask for a thing's colour.
const COLOURS: &[(&str, usize)] = &[
    ("navy", 0),
    ("blue", 0),
    ("yellow", 1),
    ("mustard", 1),
    ("brass", 1),
    ("teal", 2),
    ("red", 3),
    ("coral", 3),
    ("oak", 4),
    ("canvas", 4),
    ("wooden", 4),
    ("steel", 5),
    ("grey", 5),
    ("pink", 6),
    ("green", 7),
    ("pine", 7),
];

/// The colours for a thing. A colour in its name counts; the rest follows from `hash`.
pub(super) fn of(category: &str, name: &str, hash: u8) -> Palette {
    let moods = MOODS.iter().find(|(slug, _)| *slug == category).map_or(ANY_MOOD, |(_, some)| some);
    let mood = moods.get(usize::from(hash).rem_euclid(moods.len().max(1)));
    let (ground, thing) = mood.copied().unwrap_or((0, 0));
    let name = name.to_lowercase();
    let words = || name.split(|letter: char| !letter.is_alphanumeric());
    let named = COLOURS.iter().find(|(word, _)| words().any(|one| one == *word));
    let thing = named.map_or(thing, |(_, thing)| *thing);
    let (sky, sun, floor) = GROUNDS.get(ground).copied().unwrap_or(GROUNDS[0]);
    let [main, dark, accent] = THINGS.get(thing).copied().unwrap_or(THINGS[0]);
    Palette { sky, sun, floor, main, dark, accent, light: "#f6e7cf", shade: "#13283a" }
}

impl Palette {
    /// The ground behind the thing, and the gradients that the thing is painted with.
    pub(super) fn ground(&self, hash: u8) -> String {
        let gradient = |id: &str, [from, to]: [&str; 2]| {
            format!(
                "<linearGradient id=\"{id}\" x2=\".4\" y2=\"1\"><stop stop-color=\"{from}\"/>\
                 <stop offset=\"1\" stop-color=\"{to}\"/></linearGradient>"
            )
        };
        let (sun, floor) = (self.sun, self.floor);
        let (x, y) = match hash.rem_euclid(3) {
            0 => (400, 380),
            1 => (270, 320),
            _ => (530, 320),
        };
        let shore = match hash.rem_euclid(2) {
            0 => "M0 590c130-44 260 30 400 0s270-44 400 0v210H0z",
            _ => "M0 600h800v200H0z",
        };
        format!(
            "<defs>{}{}{}{}</defs><path d=\"M0 0h800v800H0z\" fill=\"url(#s)\"/>\
             <circle cx=\"{x}\" cy=\"{y}\" r=\"300\" fill=\"{sun}\" opacity=\".75\"/>\
             <path d=\"{shore}\" fill=\"{floor}\"/>\
             <path d=\"M80 716c40-16 70 16 110 0m420 20c40-16 70 16 110 0M300 752c30-12 54 12 84 0\" \
             stroke=\"{sun}\" stroke-width=\"8\" fill=\"none\" stroke-linecap=\"round\" \
             opacity=\".7\"/>",
            gradient("s", self.sky),
            gradient("m", self.main),
            gradient("d", self.dark),
            gradient("a", self.accent),
        )
    }

    /// Puts colours in the place of their names.
    pub(super) fn paint(&self, drawing: &str) -> String {
        drawing
            .replace("$m", self.main[0])
            .replace("$d", self.dark[1])
            .replace("$a", self.accent[0])
            .replace("$l", self.light)
            .replace("$s", self.shade)
            .replace("$w", "#fffdf8")
    }
}
