#pragma once

#include "db/database.h"
#include "sandbox/content/chance.h"
#include "sandbox/content/words.h"
#include "sandbox/org/catalog.h"

#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox {

/// The records of an object that links may point to: numbered ones, or some ids.
struct LinkTargets {
    std::uint64_t first_number = 0;
    std::uint64_t count = 0;
    std::vector<std::string> ids{};
};

struct GeneratorOptions {
    std::uint64_t seed = 1;
    std::uint64_t first_number = 0;              ///< the number that row 0's id is made of
    std::uint64_t total = 1;                     ///< rows in all: stamps are spread over them
    std::map<std::string, LinkTargets> links{};  ///< by object name
};

/// Invents records of an object: every row is a function of seed, object and row number alone. Many scripts,
/// emoji, quotes, line breaks, nulls, long texts; links that hold; hundreds of rows on one stamp. No value
/// that the vendor would trim. Not thread-safe.
class Generator {
  public:
    Generator(const Catalog& catalog, const Object& object, GeneratorOptions options);
    ~Generator();

    /// The columns of `row`: the object's stored fields, in the describe's order.
    [[nodiscard]] const std::vector<const Field*>& fields() const { return fields_; }
    /// Canonical text, a cell a field; lives until the next call.
    std::span<const model::Cell> row(std::uint64_t n);

  private:
    /// In groups, one function a group.
    enum class Recipe {
        // clang-format off
        nothing, id, created, modified, stamp, user, owner, link, earlier, record_type, number,
        given, family, person, salutation, firm, deal,
        street, city, state, postal_code, country, latitude, longitude,
        phone, email, username, alias, url, title, department,
        words, long_text, secret, content, key,
        picklist, multipicklist, flag, won, closed, stage,
        whole, content_size, real, probability, birthdate, date, datetime, time,
        // clang-format on
    };
    /// Where a link may lead.
    struct Way {
        const Object* target;
        const LinkTargets* links;
    };
    static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
    struct Column {
        const Field* field;
        Recipe recipe;
        std::vector<Way> ways{};        ///< of a link, those that have rows
        std::size_t controller = none;  ///< of a dependent picklist: the column it depends on
        std::size_t picked = none;      ///< of a picklist: the place of the row's value
    };
    struct Row;

    [[nodiscard]] Recipe recipe_of(const Field& field, const Object* target) const;
    [[nodiscard]] Column column_of(const Catalog& catalog, const Field& field) const;
    void find_controllers();
    void fill(Column& column, Row& row);
    void fill_name(const Column& column, Row& row);
    void fill_place(const Column& column, Row& row);
    void fill_reach(const Column& column, Row& row);
    void fill_text(const Column& column, Row& row);
    void fill_choice(Column& column, Row& row);
    void pick(Column& column, Row& row);
    void fill_measure(const Column& column, Row& row);
    [[nodiscard]] std::string_view stage_of(const Row& row) const;
    void fill_link(const Column& column, Row& row);
    void real(const Field& field, Row& row);

    const Object& object_;
    GeneratorOptions options_;
    std::vector<const Field*> fields_;
    std::vector<Column> columns_;
    const Field* stages_ = nullptr;  ///< of an opportunity
    std::uint64_t object_seed_ = 0;
    std::string text_;
    std::vector<model::Cell> cells_;
};

/// The objects that a reference may lead to, as far as the org has them: an owner is a user.
std::vector<const Object*> targets_of(const Catalog& catalog, const Field& field);

}  // namespace koppla::sandbox
