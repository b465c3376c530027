#include "sandbox/odata/syntax/lexer.h"

#include "base/ascii.h"
#include "sandbox/odata/failure.h"

#include <optional>

#include <fmt/format.h>

namespace koppla::sandbox::odata {
namespace {

constexpr std::string_view marks = "()[],/=:;*";

bool is_word_begin(char c) {
    return is_letter(c) || c == '_' || c == '$' || c == '@' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_word(char c) {
    return is_word_begin(c) || is_digit(c) || c == '.';
}

bool is_hexadecimal(char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

bool begins_with_guid(std::string_view text) {
    if (text.size() < 36) return false;
    for (std::size_t i = 0; i < 36; ++i) {
        const bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_hyphen ? text[i] != '-' : !is_hexadecimal(text[i])) return false;
    }
    return text.size() == 36 || !is_word(text[36]);
}

bool is_date(std::string_view text) {
    if (text.size() != 10) return false;
    for (std::size_t i = 0; i < 10; ++i)
        if (i == 4 || i == 7 ? text[i] != '-' : !is_digit(text[i])) return false;
    return true;
}

class Lexer {
  public:
    explicit Lexer(std::string_view text) : text_{text} {}

    Result<std::vector<Token>> run() {
        std::vector<Token> tokens;
        while (true) {
            while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
            tokens.push_back(TRY(next()));
            if (tokens.back().kind == Token::Kind::end) return tokens;
        }
    }

  private:
    Result<Token> next() {
        if (at_ == text_.size()) return Token{.kind = Token::Kind::end, .text = {}, .position = at_};
        const char c = text_[at_];
        if (c == '\'' || c == '"') return quoted(c);
        if (begins_with_guid(text_.substr(at_))) return take(Token::Kind::guid, 36);
        if (is_digit(c) || c == '-' || c == '+') return bare();
        if (marks.find(c) != std::string_view::npos) return take(Token::Kind::mark, 1);
        if (!is_word_begin(c))
            return bad_query(fmt::format("Syntax error at position {} in '{}'.", at_, text_));
        std::size_t size = 1;
        while (at_ + size < text_.size() && is_word(text_[at_ + size])) ++size;
        return take(Token::Kind::word, size);
    }

    Token take(Token::Kind kind, std::size_t size) {
        Token token{.kind = kind, .text = std::string{text_.substr(at_, size)}, .position = at_};
        if (kind == Token::Kind::guid) token.text = lower(token.text);
        at_ += size;
        return token;
    }

    Result<Token> quoted(char quote) {
        Token token{.kind = Token::Kind::text, .text = {}, .position = at_};
        for (auto i = at_ + 1; i < text_.size(); ++i) {
            const char c = text_[i];
            const bool has_next = i + 1 < text_.size();
            const bool is_escape = quote == '"' && c == '\\' && has_next;
            const bool is_doubled = quote == '\'' && c == quote && has_next && text_[i + 1] == quote;
            if (is_escape || is_doubled) {
                token.text += text_[++i];
            } else if (c != quote) {
                token.text += c;
            } else {
                at_ = i + 1;
                return token;
            }
        }
        return bad_query(fmt::format("There is an unterminated literal at position {} in '{}'.", at_, text_));
    }

    /// A number, a date or an instant.
    Result<Token> bare() {
        std::size_t size = 1;
        while (at_ + size < text_.size()) {
            const char c = text_[at_ + size];
            if (!is_word(c) && c != '-' && c != '+' && c != ':') break;
            ++size;
        }
        const auto text = text_.substr(at_, size);
        if (is_date(text)) return take(Token::Kind::date, size);
        if (size > 10 && is_date(text.substr(0, 10)) && text[10] == 'T')
            return take(Token::Kind::instant, size);
        return take(Token::Kind::number, size);
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<Token>> tokens_of(std::string_view expression) {
    return Lexer{expression}.run();
}

}  // namespace koppla::sandbox::odata
