#pragma once

#include "base/clock.h"
#include "base/guarded.h"
#include "sandbox/faults/fault.h"

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

namespace koppla::sandbox {

/// Trouble by chance: each request that one of the faults can befall suffers one with the chance `rate`. The
/// same seed and the same requests in the same order give the same trouble.
struct FaultPlan {
    std::uint64_t seed = 1;
    double rate = 0;
    std::vector<Fault> faults{};
    std::optional<std::int64_t> times{};  ///< how many in all; nothing: no end
};

/// A fault that was handed out; `struck`: it found what it needs in the answer.
struct FaultRecord {
    Fault fault;
    Instant time{};
    std::string method;
    std::string target;  ///< without its secrets
    bool struck = false;
};

/// Which requests will go wrong, and which did. Those given one by one come first, in their order, then the
/// plan's. Thread-safe.
class Faults {
  public:
    void add(std::vector<Fault> faults);
    void set_plan(FaultPlan plan);
    /// Forgets everything, and ends the waits of stalled answers.
    void clear();

    /// What befalls this request: at most one new fault, and the column that is changed on its stream.
    std::vector<Fault> draw(const http::Request& request, const Place& place);
    /// Of a fault that was drawn; not where all was forgotten meanwhile.
    void record(FaultRecord record);

    struct Figures {
        std::vector<Fault> next;
        std::optional<FaultPlan> plan;
        std::vector<FaultRecord> done;
    };
    [[nodiscard]] Figures figures();

  private:
    struct State {
        std::vector<Fault> next;
        std::optional<FaultPlan> plan;
        std::mt19937_64 chance;
        std::map<std::string, Fault> changed;  ///< by stream
        std::vector<FaultRecord> done;
        std::stop_source stop;
    };
    static bool can_befall(const State& state, const Fault& fault, const http::Request& request,
                           const Place& place);
    static std::optional<Fault> take_next(State& state, const http::Request& request, const Place& place);
    static std::optional<Fault> take_planned(State& state, const http::Request& request, const Place& place);
    Guarded<State> state_;
};

}  // namespace koppla::sandbox
