#pragma once

#include "base/clock.h"
#include "db/database.h"
#include "model/schema.h"

#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// One object of an account, as it was recorded.
struct RecordedSchema {
    std::string account;
    model::ObjectSchema schema;
    Instant recorded_at{};
    bool operator==(const RecordedSchema&) const = default;
};

/// The recorded schemas of a store, within one transaction. Objects are found whatever their case.
class Schemas final {
  public:
    explicit Schemas(db::Transaction& transaction) : transaction_{transaction} {}

    /// Makes or replaces it; `source` is what the CRM said, word for word. `conflict` where another object
    /// has the same local table, or there is no such account.
    Result<void> put(const RecordedSchema& recorded, std::string_view source);
    Result<RecordedSchema> find(std::string_view account, std::string_view object);
    /// In the order of their names.
    Result<std::vector<RecordedSchema>> list(std::string_view account);
    Result<std::string> source(std::string_view account, std::string_view object);
    Result<void> remove(std::string_view account, std::string_view object);
    /// So that the CRM is asked for all descriptions again: it is another one now.
    Result<void> forget_versions(std::string_view account);

  private:
    db::Transaction& transaction_;
};

/// One enumeration of a recorded schema, its values in the CRM's order.
struct Enumeration {
    std::string account;
    std::string object;
    std::string field;
    std::string label;
    std::vector<model::EnumerationValue> values;
    bool operator==(const Enumeration&) const = default;
};

/// The enumerations of a store, within one transaction.
class Enumerations final {
  public:
    explicit Enumerations(db::Transaction& transaction) : transaction_{transaction} {}

    /// Makes or replaces it with all its values.
    Result<void> put(const Enumeration& enumeration);
    Result<std::vector<Enumeration>> list(std::string_view account);
    /// Those of one object.
    Result<std::vector<Enumeration>> list(std::string_view account, std::string_view object);
    Result<void> remove(std::string_view account, std::string_view object);

  private:
    db::Transaction& transaction_;
};

}  // namespace koppla
