//! Places calls that ran at once side by side.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use nix_sccache_contract::log::{Entry, Outcome};

/// Which call ran when, and in which lane.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// From the first call's begin to the last one's end, in microseconds.
    pub length: u64,
    /// How many calls ran at once at most.
    pub lanes: usize,
    /// The calls, in the order of their begins; without probes, which are not timed.
    pub bars: Vec<Bar>,
}

/// A call in the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Which call of the log.
    pub call: usize,
    /// The lane, from 0.
    pub lane: usize,
    /// When it began, in microseconds from the first call's begin.
    pub begins: u64,
    /// How long it took, in microseconds.
    pub took: u64,
}

/// Puts each call into the first lane that is free when it begins.
pub fn timeline(calls: &[Entry]) -> Timeline {
    let mut order: Vec<usize> = (0..calls.len())
        .filter(|call| {
            calls
                .get(*call)
                .is_some_and(|call| call.outcome != Outcome::Probe)
        })
        .collect();
    // Of those that begin at once the longest is first; a tie is left as the log has it.
    order.sort_by_key(|call| calls.get(*call).map(|call| (call.at, Reverse(call.took))));

    let mut timeline = Timeline::default();
    let mut busy: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let mut free: BinaryHeap<Reverse<usize>> = BinaryHeap::new();
    let mut first = None;
    for call in order {
        let Some(entry) = calls.get(call) else {
            continue;
        };
        let begins = entry.at - *first.get_or_insert(entry.at);
        while let Some(Reverse((_, lane))) = busy.peek().filter(|Reverse((end, _))| *end <= begins)
        {
            free.push(Reverse(*lane));
            busy.pop();
        }
        let lane = free.pop().map_or(timeline.lanes, |Reverse(lane)| lane);
        timeline.lanes = timeline.lanes.max(lane + 1);
        let end = begins.saturating_add(entry.took);
        busy.push(Reverse((end, lane)));
        timeline.length = timeline.length.max(end);
        timeline.bars.push(Bar {
            call,
            lane,
            begins,
            took: entry.took,
        });
    }
    timeline
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(at: u64, took: u64) -> Entry {
        Entry {
            at,
            took,
            language: "rust".into(),
            name: String::new(),
            package: None,
            keeps_path: false,
            outcome: Outcome::Hit,
        }
    }

    fn lanes(calls: &[Entry]) -> Vec<usize> {
        timeline(calls).bars.iter().map(|bar| bar.lane).collect()
    }

    #[test]
    fn calls_at_once_are_side_by_side() {
        let calls = [
            call(1000, 10),
            call(1005, 10),
            call(1010, 10),
            call(1012, 1),
            call(1013, 5),
            call(1015, 1),
        ];
        assert_eq!(lanes(&calls), [0, 1, 0, 2, 2, 1]);
        let timeline = timeline(&calls);
        assert_eq!((timeline.lanes, timeline.length), (3, 20));
        assert_eq!(timeline.bars[1].begins, 5);
    }

    /// A log has them in the order of their ends.
    #[test]
    fn the_order_is_that_of_the_begins() {
        let calls = [call(5, 1), call(0, 10), call(5, 9)];
        let timeline = timeline(&calls);
        let order: Vec<_> = timeline.bars.iter().map(|bar| bar.call).collect();
        assert_eq!(order, [1, 2, 0]);
        assert_eq!(lanes(&calls), [0, 1, 2]);
    }

    #[test]
    fn no_two_calls_of_a_lane_overlap() {
        let calls: Vec<_> = (0..500)
            .map(|n: u64| call(n * n % 997, 1 + n * 7919 % 60))
            .collect();
        let timeline = timeline(&calls);
        for lane in 0..timeline.lanes {
            let mut free = 0;
            for bar in timeline.bars.iter().filter(|bar| bar.lane == lane) {
                assert!(bar.begins >= free, "{bar:?}");
                free = bar.begins + bar.took;
            }
        }
        let at_once = |time: u64| {
            let runs = |call: &&Entry| call.at <= time && time < call.at + call.took;
            calls.iter().filter(runs).count()
        };
        assert_eq!(Some(timeline.lanes), (0..1100).map(at_once).max());
    }

    #[test]
    fn probes_and_odd_times() {
        let probe = Entry {
            outcome: Outcome::Probe,
            ..call(0, 0)
        };
        assert_eq!(timeline(&[probe]), Timeline::default());
        let length = timeline(&[call(1, 0), call(u64::MAX, u64::MAX)]).length;
        assert_eq!(length, u64::MAX);
    }
}
