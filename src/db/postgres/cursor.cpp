#include "db/postgres/cursor.h"

#include "db/naming.h"

#include <charconv>

#include <fmt/format.h>
#include <libpq-fe.h>

namespace koppla::db::postgres {

namespace {

// [PostgreSQL: pg_type.dat]
constexpr Oid boolean_oid = 16, bytea_oid = 17, timestamp_oid = 1114, instant_oid = 1184;

/// "2026-11-01 10:00:00.5+00" as "2026-11-01T10:00:00.500Z"; wall-clock times have neither offset nor Z.
std::string canonical_time(std::string_view text, std::string_view zone) {
    constexpr std::size_t day_bytes = 10, second_bytes = 19, millisecond_bytes = 23;
    if (text.size() < second_bytes || text[day_bytes] != ' ') return std::string{text};  // infinity, or BC
    std::string result{text.substr(0, text.find('+', second_bytes))};
    result[day_bytes] = 'T';
    if (result.size() == second_bytes) result += '.';
    if (result.size() < millisecond_bytes) result.resize(millisecond_bytes, '0');
    return result.append(zone);
}

int digit(char c) {
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

std::string from_hexadecimal(std::string_view text) {
    std::string result;
    for (std::size_t i = 2; i + 1 < text.size(); i += 2)
        result += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
    return result;
}

template <class T>
T number(std::string_view text) {
    T value{};
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

Result<std::unique_ptr<db::Cursor>> Cursor::open(std::shared_ptr<Connection> connection, std::string_view sql,
                                                 std::span<const Parameter> parameters) {
    TRY(connection->begin_rows(sql, parameters));
    std::unique_ptr<Cursor> cursor{new Cursor{std::move(connection)}};
    cursor->connection_->occupy(*cursor);
    TRY(cursor->fetch());
    if (cursor->failed_) return std::move(*cursor->failed_);
    if (cursor->row_ == nullptr && cursor->coming_.empty())
        return error(ErrorKind::invalid, fmt::format("one statement is wanted here: {}", shortened(sql)));
    return std::unique_ptr<db::Cursor>{std::move(cursor)};
}

Cursor::~Cursor() {
    // What nobody asked for has to be heard out all the same.
    while (!is_received_ && fetch()) coming_.clear();
    connection_->vacate(*this);
}

/// Receives the next answer: a row, the end, or a failure.
Result<void> Cursor::fetch() {
    Result<Answer> received = connection_->receive();
    if (!received || !*received) {
        is_received_ = true;
        connection_->vacate(*this);
        return received ? Result<void>{} : Result<void>{received.error()};
    }
    Answer answer = std::move(*received);
    switch (PQresultStatus(answer.get())) {
        case PGRES_SINGLE_TUPLE:
            coming_.push_back(std::move(answer));
            break;
        case PGRES_TUPLES_OK:
        case PGRES_COMMAND_OK:
            if (!row_) row_ = std::move(answer);
            return fetch();
        case PGRES_EMPTY_QUERY:
            return fetch();
        case PGRES_COPY_IN:
        case PGRES_COPY_OUT:
        case PGRES_COPY_BOTH:
            connection_->abandon();
            failed_ = error(ErrorKind::invalid, "a query is wanted here, not a COPY");
            is_received_ = true;
            break;
        default:
            if (!failed_) failed_ = connection_->failure(answer.get(), "reading rows");
            return fetch();
    }
    return {};
}

void Cursor::make_way() {
    while (!is_received_) {
        if (const auto fetched = fetch(); !fetched) failed_ = fetched.error();
    }
}

Result<bool> Cursor::next() {
    if (coming_.empty() && !is_received_) TRY(fetch());
    made_.clear();
    has_row_ = !coming_.empty();
    if (has_row_) {
        row_ = std::move(coming_.front());
        coming_.pop_front();
        return true;
    }
    if (failed_) return *failed_;
    return false;
}

int Cursor::column_count() const {
    return PQnfields(row_ ? row_.get() : coming_.front().get());
}

std::string_view Cursor::column_name(int column) const {
    const char* const name = PQfname(row_ ? row_.get() : coming_.front().get(), column);
    return name == nullptr ? std::string_view{} : name;
}

bool Cursor::is_null(int column) const {
    return !has_row_ || PQgetisnull(row_.get(), 0, column) != 0;
}

std::string_view Cursor::raw(int column) const {
    if (is_null(column)) return {};
    return {PQgetvalue(row_.get(), 0, column), static_cast<std::size_t>(PQgetlength(row_.get(), 0, column))};
}

std::int64_t Cursor::integer(int column) const {
    const std::string_view value = raw(column);
    if (PQftype(row_.get(), column) == boolean_oid) return value == "t" ? 1 : 0;
    return number<std::int64_t>(value);
}

double Cursor::real(int column) const {
    return number<double>(raw(column));
}

std::string_view Cursor::text(int column) const {
    const std::string_view value = raw(column);
    if (value.empty()) return value;
    const Oid type = PQftype(row_.get(), column);
    if (type == boolean_oid) return value == "t" ? "true" : "false";
    if (type != timestamp_oid && type != instant_oid) return value;
    made_.resize(static_cast<std::size_t>(column_count()));
    return made_[static_cast<std::size_t>(column)] = canonical_time(value, type == instant_oid ? "Z" : "");
}

Bytes Cursor::bytes(int column) const {
    const std::string_view value = raw(column);
    if (PQftype(row_.get(), column) != bytea_oid) return std::as_bytes(std::span{value.data(), value.size()});
    made_.resize(static_cast<std::size_t>(column_count()));
    std::string& made = made_[static_cast<std::size_t>(column)] = from_hexadecimal(value);
    return std::as_bytes(std::span{made.data(), made.size()});
}

}  // namespace koppla::db::postgres
