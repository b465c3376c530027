#include "sandbox/dynamics/org/content/invention.h"

#include "sandbox/dynamics/org/content/populate.h"
#include "sandbox/dynamics/org/state.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {
namespace {

constexpr std::int64_t sample_ids_max = 1'000;
constexpr int edited_columns = 3;

Value stored(const model::Cell& cell, Storage storage) {
    if (!cell.is_text()) return {};
    const auto text = cell.text();
    if (storage == Storage::integer || storage == Storage::scaled) {
        std::int64_t number = 0;
        std::from_chars(text.data(), text.data() + text.size(), number);
        return number;
    }
    if (storage == Storage::real) {
        double number = 0;
        std::from_chars(text.data(), text.data() + text.size(), number);
        return number;
    }
    return std::string{text};
}

bool is_key_part(const Table& table, const std::string& column) {
    return std::ranges::any_of(table.keys(), [&](const AlternateKey& key) {
        return std::ranges::find(key.attributes, column) != key.attributes.end();
    });
}

}  // namespace

Result<std::unique_ptr<Invention>> Invention::make(db::Transaction& transaction, const Catalog& catalog,
                                                   const Table& table, const Identity& identity,
                                                   std::uint64_t chance) {
    std::unique_ptr<Invention> invention{new Invention{transaction, catalog, table, chance}};
    TRY(invention->prepare(identity));
    return invention;
}

Result<void> Invention::prepare(const Identity& identity) {
    GeneratorOptions options{.seed = identity.seed,
                             .variation = chance_.next(),
                             .total = 1,
                             .business_unit_id = identity.business_unit_id};
    State state{transaction_};
    for (const Attribute& lookup : table_.attributes()) {
        for (const auto& name : lookup.targets) {
            const auto* target = catalog_.find(name);
            if (target == nullptr || options.links.contains(name)) continue;
            options.links[name].ids = TRY(state.some_ids(*target, sample_ids_max));
        }
    }
    if (catalog_.find("transactioncurrency") != nullptr)
        options.currencies = generated_currencies(identity.seed);
    generator_ = std::make_unique<Generator>(catalog_, table_, std::move(options));
    // Row numbers far beyond those of the first filling: ids and keys stay unique.
    row_ = 1'000'000'000 + chance_.below(1'000'000'000'000);
    return {};
}

Result<std::vector<std::string>> Invention::ids(std::size_t count) {
    std::vector<std::int64_t> rows;
    const auto cursor = TRY(transaction_.query(
        fmt::format("SELECT t.row_number FROM {} t WHERE NOT EXISTS (SELECT 1 FROM dynamics_pending p"
                    " WHERE p.id = t.{} AND p.kind = 'erase') ORDER BY 1",
                    table_sql(table_), dynamics::quoted(table_.primary_id()))));
    while (TRY(cursor->next())) rows.push_back(cursor->integer(0));
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < std::min(count, rows.size()); ++i) {
        std::swap(rows[i], rows[i + chance_.below(rows.size() - i)]);
        const auto row =
            TRY(transaction_.query(fmt::format("SELECT {} FROM {} WHERE row_number = $1",
                                               dynamics::quoted(table_.primary_id()), table_sql(table_)),
                                   {rows[i]}));
        if (TRY(row->next())) ids.emplace_back(row->text(0));
    }
    return ids;
}

Result<Values> Invention::fresh() {
    const auto cells = generator_->row(row_++);
    Values values;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto& column = generator_->columns()[i];
        const auto* attribute = table_.find(column);
        if (attribute != nullptr && attribute->can_create && cells[i].is_text())
            values[column] = stored(cells[i], attribute->storage());
    }
    return values;
}

Result<Values> Invention::edited() {
    const auto cells = generator_->row(row_++);
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto* attribute = table_.find(generator_->columns()[i]);
        if (attribute == nullptr || !attribute->can_update || is_key_part(table_, attribute->name)) continue;
        const bool is_plain = attribute->storage() != Storage::guid && attribute->type_of.empty() &&
                              attribute->type != AttributeType::state &&
                              attribute->type != AttributeType::status;
        if (is_plain && (cells[i].is_text() || attribute->required == Requirement::none)) open.push_back(i);
    }
    Values values;
    for (int count = 0; count < edited_columns && !open.empty(); ++count) {
        const std::size_t i = chance_.pick(open);
        const auto& column = generator_->columns()[i];
        values[column] = stored(cells[i], storage_of(table_, column));
    }
    return values;
}

}  // namespace koppla::sandbox::dynamics
