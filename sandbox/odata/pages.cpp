#include "sandbox/odata/pages.h"

#include "sandbox/odata/failure.h"
#include "sandbox/odata/rows/render.h"
#include "sandbox/odata/sql/order.h"
#include "sandbox/odata/statement.h"
#include "sandbox/web/json_text.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::odata {
namespace {

/// Rows from whose size that of a page is guessed.
constexpr std::int64_t sample_rows = 16;

/// Which rows of the query a request brings, and whether more pages may come.
struct Window {
    std::int64_t rows = 0;
    enum class Further : std::uint8_t { none, possible } further = Further::possible;
};

/// $top is ignored beside a page size. [Dataverse: Page results]
Window window_of(const Query& query, std::int64_t page) {
    const auto rows = query.page_rows();
    if (!query.options.top || query.ask.preferences.page_rows) return Window{.rows = rows};
    const auto left = std::max<std::int64_t>(*query.options.top - (page - 1) * rows, 0);
    if (left > rows) return Window{.rows = rows};
    return Window{.rows = left, .further = Window::Further::none};
}

Result<Cookie> cookie_of(const Query& query) {
    if (!query.options.skip_token) return Cookie{.page = 1};
    auto cookie = read_skip_token(*query.options.skip_token);
    if (!cookie) return error(ErrorKind::invalid, "The paging cookie is invalid.", "0x8004112a");
    return std::move(*cookie);
}

Value key_value(const db::Cursor& row, const SortKey& key, int column) {
    if (row.is_null(column)) return {};
    switch (key.form) {
        case SortKey::Form::integer:
            return row.integer(column);
        case SortKey::Form::real:
            return row.real(column);
        default:
            return std::string{row.text(column)};
    }
}

/// Notes the sort values of a page's first row and of its last.
class Marks {
  public:
    Marks(const std::vector<SortKey>& keys, std::size_t first_column) : keys_{keys}, column_{first_column} {}

    void note(const db::Cursor& row, std::int64_t number, std::int64_t rows) {
        if (number != 0 && number != rows - 1) return;
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            auto value = key_value(row, keys_[i], static_cast<int>(column_ + i));
            if (number == 0)
                marks_.push_back(Cookie::Mark{.name = keys_[i].name, .last = value, .first = value});
            marks_[i].last = std::move(value);
        }
    }
    std::vector<Cookie::Mark> take() { return std::move(marks_); }

  private:
    const std::vector<SortKey>& keys_;
    std::size_t column_;
    std::vector<Cookie::Mark> marks_{};
};

constexpr std::array untracked{"$filter", "$orderby", "$expand", "$top", "$apply"};

/// What can't be asked together with changes.
Result<void> check_tracking(const Query& query) {
    if (!query.table.facts().has_change_tracking)
        return error(ErrorKind::invalid,
                     fmt::format("Entity {} isn't enabled for change tracking.", query.table.name()),
                     "0x80072491");
    for (const auto* option : untracked)
        if (query.options.has(option))
            return bad_query(fmt::format(
                "The \"{}\" query parameter isn't supported when Change Tracking is enabled.", option));
    return {};
}

std::string select_sql(const Plan& plan, const std::vector<SortKey>& keys) {
    std::string sql = "SELECT ";
    for (const auto& column : plan.columns) sql += (sql.size() > 7 ? ", " : "") + column;
    for (const auto& key : keys) sql += ", " + key.sql;
    return sql;
}

std::string token_link(const Query& query, const std::string& token) {
    const auto& repeated = query.options.repeated;
    return fmt::format("{}?{}{}$deltatoken={}", query.address(), repeated, repeated.empty() ? "" : "&",
                       link_encoded(token));
}

std::string next_link(const Query& query, const Cookie& cookie) {
    const auto& options = query.options;
    auto link = options.delta_token
                    ? token_link(query, *options.delta_token) + "&"
                    : query.address() + "?" + options.repeated + (options.repeated.empty() ? "" : "&");
    return link + "$skiptoken=" + skip_token(cookie);
}

/// ],"@odata.nextLink":"…"}
void append_end(std::string& out, std::string_view name, const std::string& link) {
    out += ']';
    if (!link.empty()) {
        out += fmt::format(",\"@odata.{}\":", name);
        append_json_text(out, link);
    }
    out += '}';
}

}  // namespace

Result<std::string> read_page(const Query& query) {
    auto cookie = TRY(cookie_of(query));
    const auto transaction = TRY(query.org.read());
    if (query.ask.preferences.tracks_changes && cookie.tracking.empty()) {
        TRY(check_tracking(query));
        if (cookie.page == 1) cookie.tracking = token_text(TRY(query.org.issue_token(*transaction)));
    }
    const auto place = place_of(query);
    const auto plan =
        TRY(make_plan(place, query.options.select, query.options.expand, query.ask.preferences));
    const auto keys = TRY(sort_keys(place, query.options.order));
    Binder binder;
    auto where = TRY(where_sql(query, place, binder));
    if (!cookie.marks.empty())
        where += (where.empty() ? " WHERE " : " AND ") + TRY(behind_sql(keys, cookie, binder));
    const auto window = window_of(query, cookie.page);
    const auto rows = TRY(run(*transaction,
                              fmt::format("{}{}{}{}{} LIMIT {}", select_sql(plan, keys), from_sql(place),
                                          plan.joins, where, order_sql(keys), window.rows + 1),
                              binder));
    const bool is_counted = query.options.count == Options::Count::asked;
    auto out =
        page_head(query, plan.context, is_counted ? TRY(count_rows(query, *transaction, count_max + 1)) : 0);
    Marks marks{keys, plan.columns.size()};
    std::int64_t number = 0;
    bool has_more = false;
    while (TRY(rows->next())) {
        if (number == window.rows) {
            has_more = window.further == Window::Further::possible;
            break;
        }
        if (number != 0) out += ',';
        append_row(out, plan, *rows);
        // Megabytes that grow by doubling would be copied over and over.
        if (number == sample_rows)
            out.reserve(out.size() / sample_rows * static_cast<std::size_t>(window.rows));
        marks.note(*rows, number++, window.rows);
    }
    if (has_more) {
        append_end(
            out, "nextLink",
            next_link(query,
                      Cookie{.page = cookie.page + 1, .marks = marks.take(), .tracking = cookie.tracking}));
    } else {
        append_end(out, "deltaLink", cookie.tracking.empty() ? "" : token_link(query, cookie.tracking));
    }
    return out;
}

namespace {

/// The versions between two tokens: those that a walk through changes covers.
struct Span {
    std::int64_t after = 0;
    std::int64_t up_to = 0;
};

constexpr std::string_view changed_mark = "changed";
constexpr std::string_view deleted_mark = "deleted";

std::string deleted_from(const Query& query, Binder& binder, const Span& span) {
    // A row that was made again under the same id has changed; it isn't gone.
    return fmt::format(
        " FROM {0} AS d WHERE d.table_name = {1} AND d.version > {2} AND d.version <= {3} AND NOT EXISTS "
        "(SELECT 1 FROM {4} AS t WHERE t.{5} = d.id)",
        dynamics::deleted_sql, binder.bind(query.table.name()), binder.bind(span.after),
        binder.bind(span.up_to), table_sql(query.table), dynamics::quoted(query.table.primary_id()));
}

/// The pages' rows: those that changed, by version, then those that are gone.
class Changes {
  public:
    Changes(const Query& query, db::Transaction& transaction, Plan plan)
        : query_{query}, transaction_{transaction}, plan_{std::move(plan)} {}

    /// Rows of one of the two, into `out`; false: there are more than the page takes.
    Result<bool> append_changed(const Span& span) {
        const auto place = place_of(query_);
        const auto version = place.column(dynamics::version_column);
        Binder binder;
        std::string sql = "SELECT ";
        for (const auto& column : plan_.columns) sql += (sql.size() > 7 ? ", " : "") + column;
        sql += fmt::format("{} WHERE {} > {} AND {} <= {} ORDER BY {} LIMIT {}", from_sql(place), version,
                           binder.bind(span.after), version, binder.bind(span.up_to), version, left() + 1);
        const auto rows = TRY(run(transaction_, sql, binder));
        while (TRY(rows->next())) {
            if (left() == 0) return false;
            begin_row();
            append_row(out, plan_, *rows);
            mark = Cookie::Mark{.name = std::string{changed_mark}, .last = rows->integer(0)};
        }
        return true;
    }

    Result<bool> append_deleted(const Span& span) {
        Binder binder;
        const auto from = deleted_from(query_, binder, span);
        const auto rows = TRY(run(
            transaction_,
            fmt::format("SELECT d.id, d.version{} ORDER BY d.version LIMIT {}", from, left() + 1), binder));
        while (TRY(rows->next())) {
            if (left() == 0) return false;
            begin_row();
            out += fmt::format(
                "{{\"@odata.context\":\"{}{}/$deletedEntity\",\"id\":\"{}\",\"reason\":\"deleted\"}}",
                query_.ask.context(), query_.table.set_name(), rows->text(0));
            mark = Cookie::Mark{.name = std::string{deleted_mark}, .last = rows->integer(1)};
        }
        return true;
    }

    std::string out{};
    Cookie::Mark mark{};

  private:
    [[nodiscard]] std::int64_t left() const { return query_.page_rows() - number_; }
    void begin_row() {
        if (number_++ != 0) out += ',';
    }
    const Query& query_;
    db::Transaction& transaction_;
    Plan plan_;
    std::int64_t number_ = 0;
};

Result<dynamics::DeltaToken> token_of(const Query& query) {
    const auto token = dynamics::read_token(*query.options.delta_token);
    if (!token)
        return error(ErrorKind::invalid,
                     fmt::format("'{}' is no valid delta token.", *query.options.delta_token), "0x80040203");
    TRY(query.org.check_token(*token));
    return *token;
}

}  // namespace

Result<std::string> read_changes(const Query& query) {
    TRY(check_tracking(query));
    const auto token = TRY(token_of(query));
    auto cookie = TRY(cookie_of(query));
    const auto transaction = TRY(query.org.read());
    if (cookie.tracking.empty()) cookie.tracking = token_text(TRY(query.org.issue_token(*transaction)));
    const auto end = dynamics::read_token(cookie.tracking);
    if (!end) return error(ErrorKind::invalid, "The paging cookie is invalid.", "0x8004112a");
    auto plan = TRY(make_plan(place_of(query), query.options.select, {}, query.ask.preferences));
    const auto context = plan.context + "/$delta";
    Changes changes{query, *transaction, std::move(plan)};
    Span changed{.after = token.version, .up_to = end->version};
    auto deleted = changed;
    bool is_done = true;
    const bool is_at_deleted = !cookie.marks.empty() && cookie.marks[0].name == deleted_mark;
    if (!cookie.marks.empty()) {
        const auto* last = std::get_if<std::int64_t>(&cookie.marks[0].last);
        (is_at_deleted ? deleted : changed).after = last == nullptr ? end->version : *last;
    }
    changes.out = page_head(query, context, 0);
    if (!is_at_deleted) is_done = TRY(changes.append_changed(changed));
    if (is_done) is_done = TRY(changes.append_deleted(deleted));
    if (is_done)
        append_end(changes.out, "deltaLink", token_link(query, cookie.tracking));
    else
        append_end(changes.out, "nextLink",
                   next_link(query, Cookie{.page = cookie.page + 1,
                                           .marks = {std::move(changes.mark)},
                                           .tracking = cookie.tracking}));
    return std::move(changes.out);
}

Result<std::int64_t> count(const Query& query) {
    if (!query.options.delta_token) {
        const auto transaction = TRY(query.org.read());
        return std::min(TRY(count_rows(query, *transaction, count_max)), count_max);
    }
    TRY(check_tracking(query));
    const auto token = TRY(token_of(query));
    const auto transaction = TRY(query.org.read());
    const auto end = TRY(query.org.issue_token(*transaction));
    const Span span{.after = token.version, .up_to = end.version};
    const auto place = place_of(query);
    Binder binder;
    const auto version = place.column(dynamics::version_column);
    auto sql = fmt::format("SELECT (SELECT count(*){} WHERE {} > {} AND {} <= {})", from_sql(place), version,
                           binder.bind(span.after), version, binder.bind(span.up_to));
    sql += fmt::format(" + (SELECT count(*){})", deleted_from(query, binder, span));
    const auto cursor = TRY(run(*transaction, sql, binder));
    TRY(cursor->next());
    return std::min(cursor->integer(0), count_max);
}

}  // namespace koppla::sandbox::odata
