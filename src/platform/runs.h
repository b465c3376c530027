#pragma once

#include "base/clock.h"
#include "db/database.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

enum class RunOutcome { running, complete, incomplete, failed };
std::string_view name(RunOutcome outcome);

struct RunCounts {
    std::int64_t read = 0;
    std::int64_t added = 0;
    std::int64_t changed = 0;
    std::int64_t unchanged = 0;
    std::int64_t rejected = 0;
    std::optional<std::int64_t> crm_rows{};  ///< by the CRM's own count, where it was asked
    std::int64_t calls = 0;                  ///< charged ones
    bool operator==(const RunCounts&) const = default;
};

/// What is known when a run begins.
struct RunStart {
    std::string kind;  ///< "import" …
    std::string account;
    std::string object{};
    Instant started_at{};
};

/// What is known when it is over.
struct RunEnd {
    Instant ended_at{};
    RunOutcome outcome = RunOutcome::failed;
    RunCounts counts{};
    std::string message{};  ///< for a person
    std::string detail{};   ///< JSON, or empty
};

struct Run {
    std::int64_t id = 0;
    std::string kind, account, object;
    Instant started_at{};
    std::optional<Instant> ended_at{};
    RunOutcome outcome = RunOutcome::running;
    RunCounts counts{};
    std::string message, detail;
};

/// A record that one side refused, with what it was and why.
struct Reject {
    std::string object;
    std::string remote_id;
    std::string symbol;
    std::string message;
    std::string record;         ///< raw text; of rows that were to be sent, a JSON object of their columns
    std::string fields{};       ///< those concerned, with commas between, where they are known
    bool is_undecided = false;  ///< nobody knows whether the CRM took it
    bool operator==(const Reject&) const = default;
};

/// The runs of a store and what they refused, within one transaction.
class Runs final {
  public:
    explicit Runs(db::Transaction& transaction) : transaction_{transaction} {}

    /// The new run's number.
    Result<std::int64_t> start(const RunStart& start);
    /// `not_found` where there is none, `conflict` where it is over already.
    Result<void> finish(std::int64_t id, const RunEnd& end);
    /// A run that ended early goes on: it is over no more.
    Result<void> go_on(std::int64_t id);
    Result<Run> find(std::int64_t id);
    /// The newest that is complete, of this kind, account and object; 0 where there is none.
    Result<std::int64_t> last_complete(const RunStart& of);
    /// The newest first.
    Result<std::vector<Run>> list(std::int64_t count_max);

    Result<void> add_rejects(std::int64_t run, std::span<const Reject> rejects);
    /// In the order they were added.
    Result<std::vector<Reject>> rejects(std::int64_t run, std::int64_t count_max);

  private:
    db::Transaction& transaction_;
};

}  // namespace koppla
