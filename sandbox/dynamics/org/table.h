#pragma once

#include "sandbox/value.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace koppla::sandbox::dynamics {

/// What an attribute is, as its AttributeTypeName tells; `name` is the "Virtual" column that shows the name
/// of a lookup or choice and can't be read. [Dataverse: AttributeTypeDisplayName]
enum class AttributeType : std::uint8_t {
    // clang-format off
    string, memo, integer, big_int, decimal, real, money, boolean, date_time,
    picklist, multi_select, state, status,
    lookup, customer, owner, party_list,
    guid, entity_name, image, file, name, managed_property,
    // clang-format on
};

/// How a value lies in the state, and so how it compares in SQL. There is a table for each Dataverse table
/// (`table_sql`), with a column for each attribute but those of `none` (`column_sql`).
enum class Storage : std::uint8_t {
    none,     ///< party lists, names, managed properties: no column
    text,     ///< strings, which compare without case in ASCII; images as base64; multi-selects as "1,9",
              ///< ascending
    guid,     ///< lower case with hyphens; lookups too, whose target's logical name lies in `type_column`
    integer,  ///< also booleans (0, 1), choices, states
    scaled,   ///< decimals and money: an integer of 10^-scale, so exact, in order, and it can be summed
    real,
    date,     ///< "2026-11-23"
    instant,  ///< "2026-11-23T09:15:00Z", whatever the behaviour: text order is time order
};

enum class DateBehavior : std::uint8_t { user_local, date_only, time_zone_independent };
enum class DateFormat : std::uint8_t { date_and_time, date_only };
enum class Requirement : std::uint8_t { none, recommended, application, system };

struct Option {
    std::int64_t value = 0;
    std::string label;
    std::int64_t state = 0;           ///< of a status: the state that it belongs to
    std::int64_t default_status = 0;  ///< of a state
};

/// The choices of one attribute, or of several that share a global set.
struct OptionSet {
    std::string name;  ///< "account_industrycode"; of a global one its own
    bool is_global = false;
    std::vector<Option> options;

    [[nodiscard]] const Option* find(std::int64_t value) const;
};

struct Attribute {
    std::string name;         ///< logical name, lower case; also the column's
    std::string schema_name;  ///< "ParentCustomerId"
    std::string label;
    std::string description{};
    AttributeType type = AttributeType::string;
    std::string
        format{};        ///< FormatName or Format: "Email", "Phone", "Duration"; empty: the type's usual one
    int length_max = 0;  ///< of strings and memos: UTF-16 units
    double minimum = 0;  ///< of numbers, in their own unit
    double maximum = 0;
    int scale = 0;      ///< digits behind the point that decimals and money are stored with
    int precision = 0;  ///< those that are shown: Precision
    DateBehavior behavior = DateBehavior::user_local;
    DateFormat date_format = DateFormat::date_and_time;
    Requirement required = Requirement::none;
    bool can_create = true;
    bool can_update = true;
    bool can_read = true;
    bool is_custom = false;
    bool is_primary_id = false;
    bool is_primary_name = false;
    bool is_secured = false;
    std::string of{};       ///< AttributeOf: the attribute whose shadow this is, or empty
    std::string base_of{};  ///< of a money column "x_base": "x"
    int source_type = 0;    ///< 0 simple, 1 calculated, 2 rollup
    std::optional<std::int64_t> default_value{};  ///< of choices and booleans
    OptionSet options{};                          ///< of choices, states, statuses; of a boolean: 1 and 0
    std::vector<std::string> targets{};           ///< of lookups: logical names
    std::string type_of{};                        ///< of an EntityName: the lookup whose target it names
    /// Of a lookup with several targets: the column with the target's logical name.
    std::string type_column{};
    std::string metadata_id{};

    [[nodiscard]] Storage storage() const;
    [[nodiscard]] bool is_stored() const { return storage() != Storage::none; }
    [[nodiscard]] bool is_lookup() const {
        return type == AttributeType::lookup || type == AttributeType::customer ||
               type == AttributeType::owner;
    }
    [[nodiscard]] bool is_choice() const {
        return type == AttributeType::picklist || type == AttributeType::state ||
               type == AttributeType::status;
    }
    /// What the Web API calls it: "_parentcustomerid_value" for lookups.
    [[nodiscard]] std::string wire_name() const { return is_lookup() ? "_" + name + "_value" : name; }
    /// Is a property of the Web API's rows: the type columns of lookups, for one, are annotations only.
    [[nodiscard]] bool is_on_wire() const;
};

enum class IndexState : std::uint8_t { pending, in_progress, active, failed };

/// Attributes that tell a row together; usable when the index is active.
struct AlternateKey {
    std::string name;  ///< logical name
    std::string schema_name;
    std::string label;
    std::vector<std::string> attributes;
    IndexState index = IndexState::active;
    std::string metadata_id{};
};

enum class OnDelete : std::uint8_t { remove_link, cascade, restrict, none };

/// A lookup to one of its targets, with the names of the ways along it, which are case-sensitive. An owner's
/// leads to "owner", which is a systemuser or a team.
struct Relationship {
    std::string schema_name;            ///< "contact_customer_accounts"
    std::string referencing;            ///< "contact"
    std::string referencing_attribute;  ///< "parentcustomerid"
    std::string navigation;             ///< from the referencing row: "parentcustomerid_account"
    std::string referenced;             ///< "account"
    std::string referenced_attribute;   ///< "accountid"
    std::string collection;             ///< from the referenced row: "contact_customer_accounts"
    OnDelete on_delete = OnDelete::remove_link;
    std::string metadata_id{};
};

enum class Ownership : std::uint8_t { none, user, organization, business, parent };

struct TableFacts {
    std::string name;         ///< logical name: "opportunity"
    std::string schema_name;  ///< "Opportunity"
    std::string set_name;     ///< "opportunities"
    std::string label;
    std::string collection_label;
    std::string primary_id;
    std::string primary_name{};
    int object_type_code = 0;
    Ownership ownership = Ownership::user;
    bool is_activity = false;
    bool is_custom = false;
    bool has_change_tracking = true;
    bool has_optimistic_concurrency = true;
    bool can_create = true;
    bool can_delete = true;
    std::string metadata_id{};
};

/// A Dataverse table: what its metadata says. A value; does not change. Every table's rows have a column
/// `version_column`, shown as versionnumber where the table has that attribute.
class Table {
  public:
    Table() = default;
    Table(TableFacts facts, std::vector<Attribute> attributes, std::vector<AlternateKey> keys);

    [[nodiscard]] const TableFacts& facts() const { return facts_; }
    [[nodiscard]] const std::string& name() const { return facts_.name; }
    [[nodiscard]] const std::string& set_name() const { return facts_.set_name; }
    [[nodiscard]] const std::string& primary_id() const { return facts_.primary_id; }
    [[nodiscard]] const std::vector<Attribute>& attributes() const { return attributes_; }
    [[nodiscard]] const std::vector<AlternateKey>& keys() const { return keys_; }

    /// By logical name; null where there is none.
    [[nodiscard]] const Attribute* find(std::string_view attribute) const;
    /// By the Web API's name ("_x_value", "name"), if it is a property there.
    [[nodiscard]] const Attribute* find_property(std::string_view wire_name) const;
    [[nodiscard]] bool has(std::string_view attribute) const { return find(attribute) != nullptr; }

  private:
    TableFacts facts_;
    std::vector<Attribute> attributes_;
    std::vector<AlternateKey> keys_;
    std::unordered_map<std::string, std::size_t> by_name_;
};

/// The column that every row's version lies in.
inline constexpr std::string_view version_column = "versionnumber";

/// "name" with its quotes doubled.
std::string quoted(std::string_view identifier);
/// The SQL table of a Dataverse table, quoted.
std::string table_sql(const Table& table);
/// An attribute's column, quoted.
inline std::string column_sql(const Attribute& attribute) {
    return dynamics::quoted(attribute.name);
}

/// A version-5-like id that is always the same for the same text: metadata and fixed rows have such.
std::string fixed_guid(std::string_view text);

}  // namespace koppla::sandbox::dynamics
