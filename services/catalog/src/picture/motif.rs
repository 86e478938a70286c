//! What a picture shows: a drawing from `pictures/`, found by words in the name, else by the category.

macro_rules! motifs {
    ($($name:literal)*) => {
        /// Every motif.
        #[cfg(test)]
        pub(super) const NAMES: &[&str] = &[$($name),*];

        fn drawing(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("../../pictures/", $name, ".svg"))),)*
                _ => None,
            }
        }
    };
}

motifs! {
    "backpack" "beanie" "blanket" "blocks" "board" "boat" "book" "boots" "bottle" "bowl" "brush"
    "candle" "cap" "chart" "clock" "compass" "cushion" "drybag" "duffel" "globe" "jacket" "jumper"
    "kettle" "kite" "lantern" "lighthouse" "mug" "notebook" "pan" "pendant" "penknife" "pouch"
    "rope" "shackle" "socks" "tablelamp" "tee" "torch" "tote" "vase" "whale" "wrench"
}

/// Words in names, and the motif that they mean. The first that fits wins.
const WORDS: &[(&[&str], &str)] = &[
    (&["backpack", "rucksack", "daypack"], "backpack"),
    (&["beanie", "hat"], "beanie"),
    (&["cap"], "cap"),
    (&["boots", "boot", "shoes", "sandals", "tops", "wellies"], "boots"),
    (&["socks"], "socks"),
    (&["jacket", "coat", "oilskin", "parka", "anorak", "smock", "tuxedo", "vest"], "jacket"),
    (&["jumper", "sweater", "cardigan", "gansey", "fleece", "blouse"], "jumper"),
    (&["tee", "shirt", "top", "skirt", "dress", "breton"], "tee"),
    (&["tote", "shopper"], "tote"),
    (&["dry", "roll", "stuff"], "drybag"),
    (&["pouch", "purse", "wallet", "washbag"], "pouch"),
    (&["duffel", "holdall", "bag", "weekender", "carryall"], "duffel"),
    (&["mug", "cup", "beaker"], "mug"),
    (&["kettle", "teapot"], "kettle"),
    (&["pan", "skillet", "pot"], "pan"),
    (&["bottle", "flask", "jug"], "bottle"),
    (&["board", "fillet", "paring"], "board"),
    (&["bowl", "plate", "plates"], "bowl"),
    (&["pendant", "ceiling", "wall"], "pendant"),
    (&["torch", "headlamp", "flashlight"], "torch"),
    (&["lantern", "storm", "hurricane", "anchor-light"], "lantern"),
    (&["lamp", "reading", "light"], "tablelamp"),
    (&["globe", "almanac"], "globe"),
    (&["compass", "barometer"], "compass"),
    (&["chart", "map", "charts", "maps"], "chart"),
    (&["logbook", "notebook", "journal", "sketchbook"], "notebook"),
    (&["book", "guide", "handbook", "stories", "atlas", "field"], "book"),
    (&["knife", "penknife", "multi", "marlinspike"], "penknife"),
    (&["rope", "line", "twine", "cord"], "rope"),
    (&["shackle", "carabiner", "snap"], "shackle"),
    (&["brush", "broom"], "brush"),
    (&["wrench", "spanner", "driver", "toolkit", "winch"], "wrench"),
    (&["whale", "seal"], "whale"),
    (&["lighthouse"], "lighthouse"),
    (&["kite"], "kite"),
    (&["blocks", "puzzle", "stacking"], "blocks"),
    (&["boat", "ship", "dinghy", "sloop", "tug", "ferry"], "boat"),
    (&["cushion", "pillow"], "cushion"),
    (&["candle"], "candle"),
    (&["clock"], "clock"),
    (&["blanket", "throw", "towel"], "blanket"),
    (&["vase"], "vase"),
];

/// What a category shows when the name says nothing.
const CATEGORIES: &[(&str, &[&str])] = &[
    ("apparel", &["jacket", "jumper", "tee", "beanie"]),
    ("bags", &["duffel", "backpack", "tote", "drybag"]),
    ("galley", &["mug", "kettle", "bowl", "bottle"]),
    ("lamps", &["lantern", "tablelamp", "pendant"]),
    ("maps-and-books", &["chart", "book", "notebook", "compass"]),
    ("tools", &["rope", "shackle", "wrench", "penknife"]),
    ("toys", &["boat", "whale", "lighthouse", "kite"]),
    ("home", &["cushion", "candle", "vase", "clock"]),
];

/// What everything else shows.
const ANYTHING: &[&str] = &["tote", "boat", "compass", "vase", "lighthouse", "pouch"];

/// The motif of a thing, with its shadow on the ground. `hash` picks where words do not.
pub(super) fn of(category: &str, name: &str, hash: u8) -> String {
    let name = name.to_lowercase();
    let words: Vec<&str> = name
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    // The last word that means something is the thing itself: "lantern hook" is a hook.
    let said = words.iter().rev().find_map(|word| {
        WORDS.iter().find(|(known, _)| known.contains(word)).map(|(_, motif)| *motif)
    });
    let choices =
        CATEGORIES.iter().find(|(slug, _)| *slug == category).map_or(ANYTHING, |(_, some)| some);
    let picked = choices.get(usize::from(hash).rem_euclid(choices.len().max(1)));
    let motif = said.or(picked.copied()).unwrap_or("boat");
    let drawn = drawing(motif).unwrap_or_default().replace('\n', "");
    format!(
        "<ellipse cx=\"400\" cy=\"648\" rx=\"250\" ry=\"24\" fill=\"$s\" opacity=\".22\"/>{drawn}"
    )
}
