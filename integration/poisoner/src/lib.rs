/*!
Somebody else's plugin that has the filter's `vm_id` and knows what the filter's workers call what they
share. With every tick it writes over all of it, each time in another way.
*/

mod order;
mod ways;

use std::time::Duration;

use order::Order;
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, RootContext};
use proxy_wasm::types::{BufferType, LogLevel, MetricType};
use ways::Victim;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Warn);
    proxy_wasm::set_root_context(|_| Box::new(Poisoner::default()));
}}

#[derive(Default)]
struct Poisoner {
    order: Order,
    victims: Vec<Victim>,
    /// How often the workers wrote before it began.
    seen: usize,
    turn: usize,
    /// Counts what it wrote over, as long as others wrote it.
    overwritten: Option<u32>,
}

impl Context for Poisoner {}

impl RootContext for Poisoner {
    fn on_configure(&mut self, _size: usize) -> bool {
        let text = hostcalls::get_buffer(BufferType::PluginConfiguration, 0, usize::MAX);
        let Some(order) = text.ok().flatten().and_then(|text| Order::read(&text)) else {
            return false;
        };
        let tick = Duration::from_millis(order.tick_ms);
        self.victims = order.keys.iter().map(|key| Victim::new(key)).collect();
        self.order = order;
        let metric = hostcalls::define_metric(MetricType::Counter, "poisoner_overwritten");
        self.overwritten = metric.ok();
        self.overwritten.is_some() && hostcalls::set_tick_period(tick).is_ok()
    }

    fn on_tick(&mut self) {
        for _ in 0..self.order.rounds {
            let found = self.victims.iter_mut().map(|victim| usize::from(victim.look())).sum();
            if self.seen < self.order.after {
                self.seen += found;
                self.victims.iter_mut().for_each(Victim::begin);
                continue;
            }
            let way = self.order.ways.get(self.turn % self.order.ways.len().max(1));
            self.turn = self.turn.wrapping_add(1);
            let Some(way) = way else { return };
            self.victims.iter_mut().for_each(|victim| victim.hit(way));
            if let (Some(metric), 1..) = (self.overwritten, found) {
                let _ = hostcalls::increment_metric(metric, found as i64);
            }
        }
    }
}
