#pragma once

#include "base/guarded.h"
#include "sandbox/org/change.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox {

/// How rows of one parent get into each other's way.
struct LockSettings {
    enum class Mode { off, on };

    Mode mode = Mode::off;
    std::uint64_t seed = 1;
    double share = 0.1;  ///< how likely each other one that works on a parent is to hold it just then
    std::int64_t chunk_rows = 200;
    std::int64_t batch_rows = 10'000;  ///< of a bulk job; its batches run side by side
};

/// A key for each parent, and how many batches or requests work on it.
using ParentCounts = std::unordered_map<std::string, std::int64_t>;

/// Who works on which parents. Saving a row takes its parents, so rows of one parent that are saved side by
/// side may be refused: the more of them, the likelier. Off until it is set. Thread-safe.
/// [Salesforce: UNABLE_TO_LOCK_ROW]
class Locks {
  public:
    class Held;
    struct Figures {
        LockSettings settings{};
        std::int64_t served_bulk = 0;      ///< rows refused in bulk jobs
        std::int64_t served_requests = 0;  ///< … and in requests
    };

    /// Counts from 0 again.
    void set(const LockSettings& settings);
    [[nodiscard]] Figures figures();
    [[nodiscard]] bool is_on() { return figures().settings.mode == LockSettings::Mode::on; }
    /// Whether somebody else holds a parent just then: by chance, which `draw` and the seed decide.
    [[nodiscard]] bool is_taken(const std::string& parent, std::uint64_t draw);
    /// A number for `is_taken` that no other request gets.
    [[nodiscard]] std::uint64_t next_draw();
    enum class By { bulk, request };
    void count_served(By by, std::int64_t rows);

  private:
    struct State {
        Figures figures{};
        ParentCounts held{};
        std::uint64_t drawn = 0;
    };
    void take(const ParentCounts& parents);
    void release(const ParentCounts& parents);
    Guarded<State> state_{};
};

/// Parents that are worked on until it is destroyed.
class Locks::Held {
  public:
    Held(Locks& locks, ParentCounts parents) : locks_{locks}, parents_{std::move(parents)} {
        locks_.take(parents_);
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() { locks_.release(parents_); }

  private:
    Locks& locks_;
    const ParentCounts parents_;
};

/// Whether saving a row takes what this field points to; never users, record types and the like.
bool takes_parent(const Field& field);
/// "AccountId=001…" of an id, "AccountId:ExtKey__c=A1" of a parent that is told by a key.
std::string parent_key(const Field& reference, std::string_view key, std::string_view value);
/// Of all the parents in a record.
std::vector<std::string> parent_keys(const Object& object, const nlohmann::json& record);

/// What a row says that couldn't take its parents.
RowError lock_error(std::int64_t rows, const std::vector<std::string>& parents);

}  // namespace koppla::sandbox
