#pragma once

#include "db/database.h"
#include "sandbox/dynamics/org/catalog.h"
#include "sandbox/dynamics/org/pending.h"
#include "sandbox/dynamics/org/writing.h"

#include <string>

namespace koppla::sandbox::dynamics {

/// What the service makes of the values of one row before it is kept: defaults, states, owners, computed
/// columns, and what it refuses. Errors carry the vendor's code.
class Rules {
  public:
    Rules(db::Transaction& transaction, const Catalog& catalog, const Table& table, const Moment& moment)
        : transaction_{transaction}, catalog_{catalog}, table_{table}, moment_{moment} {}

    /// Every link has to lead to a row that is there.
    Result<void> check_links(const Values& values) const;
    /// SystemRequired columns need a value.
    Result<void> check_required(const Values& row) const;
    /// Adds all that a new row has beside what was given.
    Result<void> complete_new(Values& values) const;
    /// The same for a change of the row `before`.
    Result<void> complete_changed(const Values& before, Values& values) const;

  private:
    Result<void> complete_state(const Values& before, Values& values) const;
    void complete_owner(Values& values) const;
    Result<void> complete_currency(const Values& before, Values& values) const;
    void complete_names(const Values& before, Values& values) const;
    void complete_customer(Values& values) const;

    db::Transaction& transaction_;
    const Catalog& catalog_;
    const Table& table_;
    const Moment& moment_;
};

/// Applies a change to the rows: a deletion with all that hangs on it.
Result<void> apply(db::Transaction& transaction, const Catalog& catalog, const Pending::Due& change);

/// The columns of a link that leads along `way` to a row.
Values link_values(const Table& referencing, const Relationship& way, const std::string& id);

}  // namespace koppla::sandbox::dynamics
