//! Which partition a key belongs to, by the hash that Kafka's own Java client uses.

const SEED: u32 = 0x9747_b28c;
const MULTIPLIER: u32 = 0x5bd1_e995;

/// The partition of `key` among `partitions` (at least 1): murmur2, made positive, modulo.
///
/// Source: Apache Kafka, `org.apache.kafka.common.utils.Utils.murmur2` and `toPositive`, as used by
/// `BuiltInPartitioner.partitionForKey`. librdkafka's default is another hash (CRC32), so records
/// are always sent to an explicit partition.
pub fn partition_of(key: &[u8], partitions: i32) -> i32 {
    let positive = murmur2(key) & 0x7fff_ffff;
    let partitions = u32::try_from(partitions).unwrap_or(1).max(1);
    i32::try_from(positive % partitions).unwrap_or(0)
}

fn murmur2(data: &[u8]) -> u32 {
    // Java's `int` length; keys are far shorter than 4 GiB.
    let mut hash = SEED ^ u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut blocks = data.chunks_exact(4);
    for block in &mut blocks {
        let mut word = [0; 4];
        word.copy_from_slice(block);
        let mut mixed = u32::from_le_bytes(word).wrapping_mul(MULTIPLIER);
        mixed ^= mixed >> 24;
        hash = hash.wrapping_mul(MULTIPLIER) ^ mixed.wrapping_mul(MULTIPLIER);
    }
    let rest = blocks.remainder();
    if !rest.is_empty() {
        let tail = rest.iter().rev().fold(0, |word, byte| (word << 8) | u32::from(*byte));
        hash = (hash ^ tail).wrapping_mul(MULTIPLIER);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MULTIPLIER);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of Kafka's own `UtilsTest.testMurmur2`.
    #[test]
    fn hashes_are_those_of_kafkas_java_client() {
        let cases: [(&str, i32); 7] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
            ("", 275_646_681),
        ];

        for (key, hash) in cases {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_key_has_a_partition_of_the_topic(key: Vec<u8>, partitions in 1..64_i32) {
            let partition = partition_of(&key, partitions);

            proptest::prop_assert!((0..partitions).contains(&partition));
        }
    }
}
