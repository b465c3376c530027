#pragma once

#include "base/guarded.h"

#include <cstdint>
#include <string>

namespace koppla::sandbox {

/// The organisation's daily requests: a counter with a limit. Thread-safe.
/// [Salesforce: App Limits, API Request Limits and Allocations]
class Allowance {
  public:
    struct Figures {
        std::int64_t used = 0;
        std::int64_t daily_max = 100'000;
    };

    /// Counts one request. False when the limit is reached: then nothing is counted.
    bool charge() {
        return figures_.with([](Figures& figures) {
            if (figures.used >= figures.daily_max) return false;
            ++figures.used;
            return true;
        });
    }
    [[nodiscard]] Figures figures() {
        return figures_.with([](const Figures& figures) { return figures; });
    }
    void set(Figures figures) {
        figures_.with([&](Figures& current) { current = figures; });
    }
    /// "api-usage=18/15000", as Sforce-Limit-Info says it.
    [[nodiscard]] std::string info() {
        const auto now = figures();
        return "api-usage=" + std::to_string(now.used) + "/" + std::to_string(now.daily_max);
    }

  private:
    Guarded<Figures> figures_;
};

}  // namespace koppla::sandbox
