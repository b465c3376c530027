#pragma once

#include "db/database.h"
#include "sandbox/org/catalog.h"
#include "sandbox/org/change.h"
#include "sandbox/org/pending.h"
#include "sandbox/org/state.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace koppla::sandbox {

/// When and by whom changes are made.
struct Moment {
    std::string stamp;  ///< whole seconds
    std::int64_t now_ms = 0;
    std::string user_id;
    std::function<std::int64_t()> delay_ms;  ///< of the next change to become visible; 0: at once
};

/// Checks and makes single changes as the vendor does: a row's faults are in its SaveResult, an error means
/// that the state failed. Over a transaction that the caller commits.
class Writer {
  public:
    Writer(db::Transaction& transaction, const Catalog& catalog, Moment moment)
        : catalog_{catalog},
          moment_{std::move(moment)},
          state_{transaction},
          pending_{transaction, catalog} {}

    /// A row that isn't there is INVALID_CROSS_REFERENCE_KEY.
    Result<SaveResult> save(const Change& change);

    /// Ids of the undeleted rows with this value, those not yet visible among them.
    Result<std::vector<std::string>> find(const Object& object, const Field& field, std::string_view value);

    /// The same without checks, for changes that the sandbox makes itself. The new row's id.
    Result<std::string> insert(const Object& object, Values values);
    Result<void> update(const Object& object, std::string_view id, Values values);
    Result<void> remove(const Object& object, std::string_view id);

  private:
    using Checked = std::variant<Values, RowError>;
    using Target = State::Presence;

    Result<SaveResult> create(const Object& object, Checked fields);
    Result<SaveResult> alter(const Object& object, const std::string& id, Checked fields);
    Result<SaveResult> save_by_key(const Change& change);
    Result<SaveResult> remove_checked(const Object& object, std::string_view id);

    Result<Checked> checked(const Change& change);
    Result<std::optional<RowError>> take_relation(const Object& object, const std::string& name,
                                                  const nlohmann::json& keys, Values& values);
    Result<std::optional<RowError>> check_links(const Object& object, const Values& values);
    Result<std::optional<RowError>> check_unique(const Object& object, const Values& values,
                                                 std::string_view id);
    Result<std::variant<std::string, RowError>> live_target(const Object& object, std::string_view id);
    Result<Target> target(const Object& object, std::string_view id);
    Result<void> apply(Pending::Kind kind, const Object& object, std::string_view id, const Values& values);

    const Catalog& catalog_;
    Moment moment_;
    State state_;
    Pending pending_;
};

/// What the vendor fills in on create where nothing is given: stamps, users, flags, picklists' defaults.
void set_defaults(const Object& object, const std::string& stamp, const std::string& user_id, Values& values);

/// Whether a field can tell a row in an upsert.
[[nodiscard]] bool is_key(const Field& field);

}  // namespace koppla::sandbox
