#pragma once

#include "base/clock.h"
#include "base/guarded.h"

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace koppla::sandbox {

/// One request as the journal keeps it. Tokens and codes in the target are masked; headers and bodies are
/// never kept, only counted (before gzip).
struct JournalEntry {
    std::int64_t number = 0;
    Instant time{};
    std::string method;
    std::string target;
    int status = 0;
    std::int64_t request_bytes = 0;
    std::int64_t response_bytes = 0;
    std::int64_t microseconds = 0;
    std::vector<std::string> subrequests;  ///< "GET /services/data/v68.0/sobjects/Account/describe → 304"
    enum class Cost { free, charged } cost = Cost::free;
    std::int64_t calls = 1;      ///< of the day's, where it is charged
    std::int64_t in_flight = 0;  ///< charged requests at that moment, this one among them; 0: not counted
};

/// What the sandbox was asked, in the order the answers ended. Keeps the newest million. Thread-safe.
class Journal {
  public:
    void add(JournalEntry entry);
    /// Entries with a number of at least `number`.
    [[nodiscard]] std::vector<JournalEntry> since(std::int64_t number);
    void clear();

  private:
    struct State {
        std::deque<JournalEntry> entries;
        std::int64_t next = 1;
    };
    Guarded<State> state_;
};

/// The target with the values of its secret parameters, and whatever looks like a token, replaced by ***.
std::string masked_target(std::string_view target);

}  // namespace koppla::sandbox
