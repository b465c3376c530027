#include "sandbox/dynamics/org/content/populate.h"

#include "sandbox/dynamics/org/content/generator.h"
#include "sandbox/dynamics/org/content/metadata_document.h"
#include "sandbox/dynamics/org/own_tables.h"
#include "sandbox/dynamics/org/state.h"
#include "sandbox/files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {
namespace {

constexpr std::uint64_t rows_a_batch = 1'000;
constexpr std::uint64_t rows_a_report = 20'000;
constexpr std::int64_t rows_max = 50'000'000;

/// Rows that every org has, whatever was asked for.
struct Usual {
    std::string_view table;
    std::int64_t rows;
};
constexpr std::array usual_rows{
    Usual{"organization", 1}, Usual{"businessunit", 1}, Usual{"systemuser", 5},         Usual{"team", 2},
    Usual{"pricelevel", 2},   Usual{"uom", 2},          Usual{"transactioncurrency", 3}};

struct Currency {
    const char* code;
    const char* name;
    const char* symbol;
    std::int64_t precision;
    std::int64_t rate;
};
constexpr std::array<Currency, 3> currencies{{{"EUR", "Euro", "€", 2, 10'000'000'000},
                                              {"USD", "US Dollar", "$", 2, 10'832'000'000},
                                              {"JPY", "Yen", "¥", 0, 1'625'400'000'000}}};

model::Type loaded_as(Storage storage) {
    switch (storage) {
        case Storage::integer:
        case Storage::scaled:
            return {.kind = model::Kind::integer};
        case Storage::real:
            return {.kind = model::Kind::decimal};
        default:
            return {.kind = model::Kind::text};
    }
}

/// The work of one `populate`.
class Filling {
  public:
    Filling(db::Database& database, const OrgOptions& options) : database_{database}, options_{options} {}

    Result<Populated> run() {
        TRY(prepare());
        TRY(check_requests());
        for (const Table& table : populated_.catalog->tables()) TRY(fill(table));
        return std::move(populated_);
    }

  private:
    Result<std::unique_ptr<db::Transaction>> begin() { return database_.begin(db::Access::write, Call{}); }

    Result<void> prepare() {
        const auto transaction = TRY(begin());
        State state{*transaction};
        TRY(state.create_if_missing());
        Identity& identity = populated_.identity;
        identity.seed = options_.seed;
        if (const auto seed = TRY(state.setting("seed")))
            std::from_chars(seed->data(), seed->data() + seed->size(), identity.seed);
        TRY(state.set_setting("seed", std::to_string(identity.seed)));
        identity.organization_id = row_id(identity.seed, "organization", 0);
        identity.business_unit_id = row_id(identity.seed, "businessunit", 0);
        identity.user_id = row_id(identity.seed, "systemuser", 0);
        identity.application_user_id = row_id(identity.seed, "systemuser", 1);
        identity.base_currency_id = row_id(identity.seed, "transactioncurrency", 0);
        TRY(read_tables(state));
        for (const Table& table : populated_.catalog->tables()) {
            TRY(state.create(table));
            counts_[table.name()] = TRY(state.row_count(table));
        }
        return transaction->commit();
    }

    Result<void> read_tables(State& state) {
        auto metadata = TRY(state.setting("metadata"));
        if (!metadata && !options_.metadata.empty()) {
            metadata = TRY(read_file(options_.metadata));
            if (!metadata)
                return error(ErrorKind::not_found, fmt::format("{} can't be read: there is no such file",
                                                               options_.metadata.string()));
            TRY(state.set_setting("metadata", *metadata));
        }
        if (!metadata) {
            populated_.catalog = std::make_shared<const Catalog>(own_catalog());
            return {};
        }
        auto document = TRY(read_metadata(*metadata));
        populated_.catalog = std::make_shared<const Catalog>(std::move(document.catalog));
        populated_.misfits = std::move(document.misfits);
        return {};
    }

    Result<void> check_requests() const {
        for (const auto& [name, count] : options_.records) {
            if (populated_.catalog->find(name) == nullptr)
                return error(
                    ErrorKind::invalid,
                    fmt::format("records of {} can't be generated: the Dynamics org has no such table",
                                name));
            if (count < 0 || count > rows_max)
                return error(ErrorKind::invalid, fmt::format("{} records of {} are too many", count, name));
        }
        return {};
    }

    [[nodiscard]] std::int64_t wanted(const std::string& table) const {
        const auto asked = options_.records.find(table);
        const auto* usual = std::ranges::find(usual_rows, table, &Usual::table);
        return std::max(asked == options_.records.end() ? 0 : asked->second,
                        usual == usual_rows.end() ? 0 : usual->rows);
    }

    /// Fills one table, where it is empty, and commits.
    Result<void> fill(const Table& table) {
        const auto transaction = TRY(begin());
        State state{*transaction};
        const bool is_empty = counts_[table.name()] == 0;
        if (is_empty) TRY(generate(*transaction, table));
        TRY(state.index(*populated_.catalog, table));
        if (is_empty) TRY(make_known(state, table));
        return transaction->commit();
    }

    Result<std::map<std::string, LinkTargets>> links(State& state, const Table& table) {
        std::map<std::string, LinkTargets> links;
        for (const Attribute& lookup : table.attributes()) {
            for (const auto& name : lookup.targets) {
                const auto* target = populated_.catalog->find(name);
                if (target == nullptr || links.contains(name)) continue;
                LinkTargets& targets = links[name];
                if (counts_[name] == 0)
                    targets.count = static_cast<std::uint64_t>(wanted(name));
                else
                    targets.ids = TRY(state.some_ids(*target, 1'000));
            }
        }
        return links;
    }

    Result<void> generate(db::Transaction& transaction, const Table& table) {
        const auto total = wanted(table.name());
        if (total == 0) return {};
        State state{transaction};
        GeneratorOptions options{.seed = populated_.identity.seed,
                                 .total = static_cast<std::uint64_t>(total),
                                 .first_version = TRY(state.take_versions(total)) - total + 1,
                                 .business_unit_id = populated_.identity.business_unit_id,
                                 .links = TRY(links(state, table))};
        if (populated_.catalog->find("transactioncurrency") != nullptr)
            options.currencies = generated_currencies(populated_.identity.seed);
        Generator generator{*populated_.catalog, table, std::move(options)};
        std::vector<db::LoaderColumn> columns;
        for (const auto& column : generator.columns())
            columns.push_back({.name = column, .type = loaded_as(storage_of(table, column))});
        const auto loader = TRY(transaction.loader("dynamics_" + table.name(), columns));
        model::Batch batch;
        const auto end = static_cast<std::uint64_t>(total);
        for (std::uint64_t n = 0; n < end;) {
            batch.recycle(columns.size());
            for (const auto next = std::min(end, n + rows_a_batch); n < next; ++n) {
                for (const model::Cell& cell : generator.row(n))
                    batch.push(cell.is_text() ? model::Cell::of(batch.keep(cell.text())) : cell);
            }
            TRY(loader->append(batch));
            if (n % rows_a_report == 0 && options_.progress)
                options_.progress(table.name(), static_cast<std::int64_t>(n), total);
        }
        TRY(loader->finish());
        return {};
    }

    /// Gives a generated row values that are known, as far as its table has the columns.
    Result<void> give(State& state, const Table& table, std::uint64_t n, const Values& values) {
        Values kept;
        for (const auto& [name, value] : values)
            if (table.has(name)) kept[name] = value;
        if (kept.empty()) return {};
        return state.update(table, row_id(populated_.identity.seed, table.name(), n), kept);
    }

    /// The rows that make an org one: itself, its currencies, who logs in.
    Result<void> make_known(State& state, const Table& table) {
        const auto text = [](const char* value) { return Value{std::string{value}}; };
        const auto number = [](std::int64_t value) { return Value{value}; };
        if (table.name() == "organization")
            return give(state, table, 0,
                        {{"name", text("Koppla Sandbox")},
                         {"expirechangetrackingindays", number(7)},
                         {"expiresubscriptionsindays", number(90)},
                         {"maxuploadfilesize", number(5'120)},
                         {"localeid", number(1'033)},
                         {"languagecode", number(1'033)},
                         {"pricingdecimalprecision", number(2)},
                         {"basecurrencyid", populated_.identity.base_currency_id},
                         {"schemanameprefix", text("new")}});
        if (table.name() == "businessunit")
            return give(
                state, table, 0,
                {{"name", text("koppla")}, {"parentbusinessunitid", Value{}}, {"isdisabled", number(0)}});
        if (table.name() == "systemuser") {
            TRY(give(state, table, 0,
                     {{"firstname", text("Integration")},
                      {"lastname", text("User")},
                      {"fullname", text("Integration User")},
                      {"isdisabled", number(0)},
                      {"accessmode", number(0)}}));
            return give(state, table, 1,
                        {{"firstname", text("#")},
                         {"lastname", text("Koppla")},
                         {"fullname", text("# Koppla")},
                         {"isdisabled", number(0)},
                         {"accessmode", number(4)}});
        }
        if (table.name() != "transactioncurrency") return {};
        for (std::size_t i = 0; i < currencies.size(); ++i) {
            const Currency& currency = currencies[i];
            TRY(give(state, table, i,
                     {{"isocurrencycode", text(currency.code)},
                      {"currencyname", text(currency.name)},
                      {"currencysymbol", text(currency.symbol)},
                      {"currencyprecision", number(currency.precision)},
                      {"exchangerate", number(currency.rate)},
                      {"statecode", number(0)},
                      {"statuscode", number(1)}}));
        }
        return {};
    }

    db::Database& database_;
    const OrgOptions& options_;
    std::map<std::string, std::int64_t> counts_;  ///< rows before anything was filled
    Populated populated_;
};

}  // namespace

std::vector<GeneratedCurrency> generated_currencies(std::uint64_t seed) {
    std::vector<GeneratedCurrency> list;
    for (std::size_t i = 0; i < currencies.size(); ++i)
        list.push_back({.id = row_id(seed, "transactioncurrency", i), .rate = currencies[i].rate});
    return list;
}

Result<Populated> populate(db::Database& database, const OrgOptions& options) {
    return Filling{database, options}.run();
}

}  // namespace koppla::sandbox::dynamics
