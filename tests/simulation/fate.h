#pragma once

#include "db/database.h"
#include "simulation/turns.h"

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <stop_token>

namespace koppla::simulation {

/// How a program that imports ends before its time: its user stops it at a request, or it is killed at a step
/// of its store. After that nothing that it does has any effect.
struct Fate {
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

    std::int64_t requests_left = never;  ///< until its user stops it
    std::int64_t steps_left = never;     ///< until it is killed
    bool dies_before_step = false;       ///< the last step has no effect any more
    std::stop_source stop{};
    std::atomic<bool> is_dead = false;

    static Error killed() { return error(ErrorKind::unavailable, "the program was killed"); }

    template <class Step>
    auto take(Step step) -> decltype(step()) {
        if (is_dead) return killed();
        const bool is_last = steps_left-- == 0;
        if (is_last && dies_before_step) {
            is_dead = true;
            return killed();
        }
        auto done = step();
        if (is_last) {
            is_dead = true;
            return killed();
        }
        return done;
    }
};

/// A database that a program works on which may be killed.
class MortalDatabase final : public db::Database {
  public:
    MortalDatabase(db::Database& database, Fate& fate) : database_{database}, fate_{fate} {}

    [[nodiscard]] const db::Dialect& dialect() const override { return database_.dialect(); }
    Result<std::unique_ptr<db::Transaction>> begin(db::Access access, const Call& call) override;
    Result<std::unique_ptr<db::Staging>> begin_staging(std::string_view name,
                                                       std::span<const db::LoaderColumn> columns) override;
    Result<void> discard_staging(std::string_view name) override { return database_.discard_staging(name); }
    Result<std::unique_ptr<db::Lock>> lock(std::string_view name) override { return database_.lock(name); }
    Result<std::vector<std::string>> damages(const Call& call) override { return database_.damages(call); }

    Turns* turns = nullptr;
    bool is_lossy = false;  ///< forgets every third batch that is staged: to prove that a loss is found

  private:
    db::Database& database_;
    Fate& fate_;
    std::int64_t appended_ = 0;

    class Staging;
};

}  // namespace koppla::simulation
