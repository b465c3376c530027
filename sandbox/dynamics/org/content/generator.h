#pragma once

#include "db/database.h"
#include "sandbox/content/chance.h"
#include "sandbox/content/words.h"
#include "sandbox/dynamics/org/catalog.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::dynamics {

/// The id of a generated row: the same for the same seed, table and number.
std::string row_id(std::uint64_t seed, std::string_view table, std::uint64_t n);

/// The rows of a table that links may lead to: generated ones by number, or some ids.
struct LinkTargets {
    std::uint64_t count = 0;
    std::vector<std::string> ids{};

    [[nodiscard]] bool is_empty() const { return count == 0 && ids.empty(); }
};

/// A currency that rows are in, with its rate (10^-10).
struct GeneratedCurrency {
    std::string id;
    std::int64_t rate = 10'000'000'000;
};

struct GeneratorOptions {
    std::uint64_t seed = 1;       ///< of the org: what ids depend on
    std::uint64_t variation = 0;  ///< other contents for the same seed
    std::uint64_t total = 1;      ///< rows in all: stamps are spread over them
    std::int64_t first_version = 0;
    std::string business_unit_id{};
    std::vector<GeneratedCurrency> currencies{};
    std::map<std::string, LinkTargets> links{};  ///< by logical name
};

/// Invents rows of a table: every row is a function of seed, table and row number alone. Many scripts, emoji,
/// quotes, line breaks, nulls, long texts; links that hold; hundreds of rows on one stamp; computed columns
/// as the service would compute them. Not thread-safe.
class Generator {
  public:
    Generator(const Catalog& catalog, const Table& table, GeneratorOptions options);
    ~Generator();

    /// The columns of `row`: those of the state, in its order.
    [[nodiscard]] const std::vector<std::string>& columns() const { return names_; }
    /// Canonical text of the stored form, a cell a column; lives until the next call.
    std::span<const model::Cell> row(std::uint64_t n);

  private:
    /// In groups, one function a group.
    enum class Recipe : std::uint8_t {
        // clang-format off
        nothing, id, version, created, modified, table_name,
        owner, owner_type, owning_user, owning_team, business_unit,
        link, link_type, account_part, contact_part,
        given, family, person, firm, deal, subject,
        line1, line2, city, state_name, postal_code, country, composite, latitude, longitude,
        phone, email, url, title, department, words, long_text, key,
        flag, choice, choices, state, status,
        whole, wide, scaled, amount, base, rate, currency, real,
        birthday, day, midnight, moment,
        some_guid, image, file, line_number,
        // clang-format on
    };
    struct Column {
        const Attribute* attribute;  ///< null: the version of a table without that attribute
        Recipe recipe = Recipe::nothing;
        std::vector<std::pair<std::string, const LinkTargets*>> ways{};  ///< of a link, those that have rows
        std::size_t source = 0;   ///< of a computed column: the column that it comes from
        std::size_t address = 0;  ///< of a part of an address: which of the row's
    };
    struct Row;

    [[nodiscard]] Recipe recipe_of(const Attribute& attribute) const;
    [[nodiscard]] Recipe recipe_by_name(const Attribute& attribute) const;
    [[nodiscard]] Recipe recipe_by_type(const Attribute& attribute) const;
    [[nodiscard]] std::size_t place_of(std::string_view column) const;
    void begin(Row& row) const;
    void fill(const Column& column, Row& row);
    void fill_system(const Column& column, Row& row);
    void fill_link(const Column& column, Row& row);
    void fill_name(const Column& column, Row& row);
    void fill_place(const Column& column, Row& row);
    void fill_text(const Column& column, Row& row);
    void fill_choice(const Column& column, Row& row);
    void fill_number(const Column& column, Row& row);
    void fill_time(const Column& column, Row& row);
    void fill_other(const Column& column, Row& row);
    void append_link(std::string& out, const std::string& target, const LinkTargets& links, Row& row);

    const Table& table_;
    GeneratorOptions options_;
    std::vector<std::string> names_;
    std::vector<Column> columns_;
    std::uint64_t chance_ = 0;
    std::vector<std::string> prefixes_;  ///< of addresses
    std::string text_;
    std::vector<model::Cell> cells_;
};

}  // namespace koppla::sandbox::dynamics
