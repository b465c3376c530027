#pragma once

#include "base/result.h"
#include "db/database.h"
#include "sandbox/dynamics/org/catalog.h"
#include "sandbox/dynamics/org/pending.h"
#include "sandbox/value.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace koppla::sandbox::dynamics {

/// Which row is meant: by its id, or by the values of an alternate key (stored form, by logical name).
struct RowKey {
    std::string id{};  ///< lower case; empty: by `values`
    Values values{};
};

/// What If-Match and If-None-Match ask of the row. [Dataverse: Perform conditional operations]
struct Condition {
    enum class Existence : std::uint8_t { any, must, must_not };
    Existence existence = Existence::any;
    std::optional<std::int64_t> version{};  ///< the row's, where one was named
};

/// One write. `values` are in stored form by logical name, with a lookup's target in its `type_column`; the
/// rules that need no row (types, lengths, options) were checked when they were read.
struct Change {
    enum class Kind : std::uint8_t {
        create,
        update,
        remove
    };  ///< an update without a row creates it: Condition

    Kind kind = Kind::create;
    const Table* table = nullptr;
    RowKey key{};
    Values values{};
    Condition condition{};
};

struct Saved {
    std::string id;
    std::int64_t version = 0;
    enum class Outcome : std::uint8_t { created, updated, removed } outcome = Outcome::created;
    bool is_visible = true;  ///< false: late
};

/// When and by whom changes are made, and how late each is seen.
struct Moment {
    std::string stamp;  ///< "2026-11-23T09:15:00Z"
    std::int64_t now_ms = 0;
    std::string user_id;
    std::string business_unit_id;
    std::string currency_id;  ///< of amounts that come without one
    std::function<std::int64_t()> delay_ms;
};

/// Changes in one transaction; nothing is kept without `commit`. A change that is refused leaves those before
/// it as they are, and the transaction usable. Errors carry the vendor's code.
class Writing {
  public:
    Writing(std::unique_ptr<db::Transaction> transaction, std::shared_ptr<const Catalog> whole,
            std::shared_ptr<const Catalog> seen, Moment moment,
            std::function<Result<void>(db::Transaction&)> commit);

    Result<Saved> save(const Change& change);
    /// The subordinate becomes inactive and names its master, to which all that pointed to it points; the
    /// target takes on `content`.
    Result<void> merge(const Table& table, const std::string& target, const std::string& subordinate,
                       Values content);
    /// The id of the row with these key values; nothing where there is none.
    Result<std::optional<std::string>> find(const Table& table, const RowKey& key);
    [[nodiscard]] db::Transaction& transaction() { return *transaction_; }
    [[nodiscard]] const Catalog& catalog() const { return *seen_; }
    Result<void> commit();

  private:
    Result<Values> row(const Table& table, const std::string& id);
    Result<Saved> create(const Table& table, const std::string& id, Values values);
    Result<Saved> update(const Table& table, const std::string& id, Values values);
    Result<Saved> change(const Table& table, const std::string& id, Values values);
    Result<Saved> remove(const Table& table, const std::string& id);
    Result<void> check_restrictions(const Table& table, const std::string& id);
    Result<void> check_keys(const Table& table, const std::string& id, const Values& changed,
                            const Values& after);
    Result<bool> keep(Pending::Kind kind, const Table& table, const std::string& id, const Values& values,
                      std::int64_t version);

    std::unique_ptr<db::Transaction> transaction_;
    std::shared_ptr<const Catalog> whole_;  ///< with what is hidden: defaults and links need it
    std::shared_ptr<const Catalog> seen_;
    Moment moment_;
    std::function<Result<void>(db::Transaction&)> commit_;
};

}  // namespace koppla::sandbox::dynamics
