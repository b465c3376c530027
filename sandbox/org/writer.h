#pragma once

#include "db/database.h"
#include "sandbox/org/catalog.h"
#include "sandbox/org/change.h"
#include "sandbox/org/pending.h"
#include "sandbox/org/rules.h"
#include "sandbox/org/state.h"

#include <cstdint>
#include <functional>
#include <memory>
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

/// What the org's administrators and the caller want of changes, beyond what the types want.
struct Policy {
    std::shared_ptr<const Rules> rules = std::make_shared<const Rules>();
    Saving saving{};
};

/// Checks and makes single changes as the vendor does: a row's faults are in its SaveResult, an error means
/// that the state failed. Over a transaction that the caller commits.
class Writer {
  public:
    Writer(db::Transaction& transaction, const Catalog& catalog, Moment moment, Policy policy = {})
        : catalog_{catalog},
          moment_{std::move(moment)},
          policy_{std::move(policy)},
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

    /// Takes a row out of the recycle bin. UNDELETE_FAILED where it isn't in there.
    Result<SaveResult> undelete(const Object& object, std::string_view id);
    /// Whether there is such a row, those not yet visible among them.
    Result<State::Presence> target(const Object& object, std::string_view id);

  private:
    using Checked = std::variant<Values, RowError>;
    using Target = State::Presence;

    Result<SaveResult> create(const Object& object, Checked fields);
    Result<SaveResult> alter(const Object& object, const std::string& id, Checked fields);
    Result<SaveResult> save_by_key(const Change& change);
    Result<SaveResult> remove_checked(const Object& object, std::string_view id);
    Result<SaveResult> purge(const Object& object, std::string_view id);
    Result<SaveResult> end(const Change& change, std::string_view id);

    Result<Checked> checked(const Change& change);
    Result<std::optional<RowError>> take_relation(const Object& object, const std::string& name,
                                                  const nlohmann::json& keys, Values& values);
    Result<std::optional<RowError>> check_links(const Object& object, const Values& values);
    Result<std::optional<RowError>> check_unique(const Object& object, const Values& values,
                                                 std::string_view id);
    /// Of a row as it will be; null where its object has none.
    Result<const RecordType*> record_type(const Object& object, const Values& values, std::string_view id);
    Result<std::optional<RowError>> check_record_type(const Object& object, const Values& values,
                                                      std::string_view id);
    /// Everything that the values have to agree with beyond themselves.
    Result<std::optional<RowError>> check(const Object& object, const Values& values, std::string_view id);
    Result<std::variant<std::string, RowError>> live_target(const Object& object, std::string_view id);
    Result<void> apply(Pending::Kind kind, const Object& object, std::string_view id, const Values& values);

    const Catalog& catalog_;
    Moment moment_;
    Policy policy_;
    State state_;
    Pending pending_;
};

/// What the vendor fills in on create where nothing is given: stamps, users, flags, picklists' defaults.
void set_defaults(const Object& object, const std::string& stamp, const std::string& user_id, Values& values);

/// Whether a field can tell a row in an upsert.
[[nodiscard]] bool is_key(const Field& field);

}  // namespace koppla::sandbox
