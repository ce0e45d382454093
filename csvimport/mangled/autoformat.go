package mangled

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"bulkimport/csvimport/normal"
)

// errorValues are what spreadsheets write in place of a value that a formula
// did not give, in the languages they speak. They are listed because company
// names may start with # too.
var errorValues = func() map[string]bool {
	const all = `
#N/A #NAME? #REF! #VALUE! #DIV/0! #NUM! #NULL! #ERROR! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #UNKNOWN! #BUSY! #GETTING_DATA #PYTHON! #EXTERNAL! #TIMEOUT! #CIRC! #MACRO? #N/A!
#NV #WERT! #BEZUG! #ZAHL! #ÜBERLAUF! #KALK! #FELD! #BLOCKIERT! #VERBINDEN! #UNBEKANNT! #DATEN_ABRUFEN #FEHLER!
#NOM? #VALEUR! #NOMBRE! #NUL! #PROPAGATION! #EPARS! #CALCUL! #CHAMP! #BLOQUE! #BLOQUÉ! #CONNEXION! #INCONNU! #CHARGEMENT_DONNEES #ERREUR!
#N/D #¡VALOR! #VALOR! #¡REF! #¡DIV/0! #¡NUM! #¿NOMBRE? #NOMBRE? #¡NULO! #NULO! #¡DESBORDAMIENTO! #DESBORDAMIENTO! #¡CALC! #¡CAMPO! #CAMPO! #¡ERROR! #¡BLOQUEADO!
#VALORE! #RIF! #NOME? #NULLO! #ESPANSIONE! #CALCOLO! #ERRORE! #CAMPO!
#NÚM! #DESPEJAR! #DESPEJO! #EXCEDENTE! #CÁLC! #ERRO!
#N/B #WAARDE! #VERW! #DEEL/0! #GETAL! #NAAM? #LEEG! #OVERLOOP! #BEREKENEN! #VELD! #FOUT!
#N/D! #ARG! #ADR! #DZIEL/0! #LICZBA! #NAZWA? #ZERO! #ROZLANIE! #OBL! #BŁĄD! #LINK!
#Н/Д #ЗНАЧ! #ССЫЛКА! #ДЕЛ/0! #ЧИСЛО! #ИМЯ? #ПУСТО! #ПЕРЕНОС! #ВЫЧИСЛ! #ПОЛЕ! #ОШИБКА!
#ЗНАЧЕННЯ! #ПОСИЛАННЯ! #НАЗВА? #ДІЛ/0! #ПОМИЛКА!
#NENÍ_K_DISPOZICI #HODNOTA! #ODKAZ! #DĚLENÍ_NULOU! #ČÍSLO! #NÁZEV? #PŘESAH! #CHYBA!
#NEDOSTUPNÝ #DELENIENULOU! #DELENIE_NULOU! #ČÍSLO! #NÁZOV? #PRESAH!
#SAKNAS! #SAKNAS #VÄRDEFEL! #REFERENS! #DIVISION/0! #OGILTIGT! #NAMN? #SKÄRNING! #SPILL! #BERÄKNING! #FEL!
#I/T #VÆRDI! #REFERENCE! #NAVN? #NUL! #OVERLØB! #BEREGN! #FEJL!
#VERDI! #OVERFLYT! #BEREGNE! #FEIL!
#PUUTTUU! #PUUTTUU #ARVO! #VIITTAUS! #JAKO/0! #LUKU! #NIMI? #TYHJÄ! #LEVITÄ! #LASKE! #VIRHE!
#HIÁNYZIK #ÉRTÉK! #HIV! #ZÉRÓOSZTÓ! #SZÁM! #NÉV? #NULLA! #KITÖLTÉS! #HIBA!
#YOK #DEĞER! #BAŞV! #SAYI/0! #SAYI! #AD? #BOŞ! #TAŞMA! #HESAPLA! #HATA!
#N/DISP #VALOARE! #DIV/0 #NUME?
#VREDNOST! #SKLIC! #DELJ/0! #ŠT! #IME? #DEL/0! #ŠTEV! #NULA! #BROJ! #NAZIV? #DIJ/0!
#Δ/Υ #ΤΙΜΗ! #ΑΝΑΦ! #ΔΙΑΙΡ/0! #ΑΡΙΘ! #ΟΝΟΜΑ? #ΚΕΝΟ!
#СТОЙНОСТ! #АДРЕС! #ИМЕ? #ДЕЛЕНИЕ/0! #ЧИСЛО!`
	m := map[string]bool{}
	for _, v := range strings.Fields(all) {
		m[v] = true
	}
	return m
}()

// IsError reports whether a cell holds what a spreadsheet writes instead
// of a value: an error of its formula, or the signs that fill a column too
// narrow for its number. Names may start with # too (#1 Hosting).
func IsError(s string) bool {
	s = strings.TrimFunc(s, unicode.IsSpace)
	if len(s) < 2 || len(s) > 1024 && s[0] != '#' {
		return false
	}
	if s[0] != '#' {
		return isErrNumber(s)
	}
	if strings.Trim(s, "#") == "" {
		return true
	}
	if len(s) > 40 {
		return false
	}
	return errorValues[s]
}

// LooksError recognises the error values of languages that are not
// listed, in columns where no name stands.
func LooksError(s string) bool {
	s = strings.TrimFunc(s, unicode.IsSpace)
	if len(s) < 4 || len(s) > 60 || s[0] != '#' || s[len(s)-1] != '!' && s[len(s)-1] != '?' {
		return false
	}
	return strings.ToUpper(s) == s && !strings.ContainsFunc(s, unicode.IsSpace)
}

// isErrNumber recognises the numbered errors of LibreOffice: Err:502.
func isErrNumber(s string) bool {
	name, number, ok := strings.Cut(s, ":")
	number = strings.TrimSpace(number)
	if !ok || len(number) != 3 || strings.Trim(number, "0123456789") != "" {
		return false
	}
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "err", "error", "fehler", "erreur", "errore", "erro", "fout", "fel", "fejl", "feil", "virhe", "błąd", "chyba", "hiba", "hata", "ошибка", "ош", "помилка":
		return true
	}
	return false
}

// IsScientific reports whether a cell is a number with an exponent, as
// spreadsheets write large numbers: 1.00E+06, 1,5E+06, 1e6, 1E+015.
func IsScientific(s string) bool {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	if len(s) < 3 || len(s) > 40 || s[0] < '0' || s[0] > '9' {
		return false
	}
	e := strings.IndexAny(s, "eE")
	if e < 1 {
		return false
	}
	whole, fraction, dotted := strings.Cut(strings.Replace(s[:e], ",", ".", 1), ".")
	exponent := strings.TrimLeft(s[e+1:], "+-")
	return digits(whole) && (!dotted || digits(fraction)) && digits(exponent) && len(exponent) <= 3 && len(s[e+1:])-len(exponent) <= 1
}

// digits reports whether s is not empty and all ASCII digits.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// monthNames are the months as spreadsheets shorten them, in lower case
// without a final dot.
var monthNames = func() map[string]bool {
	const all = `
jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september october november december
mär mrz mai okt dez januar februar märz juni juli oktober dezember jän jänner
janv févr fevr mars avr juin juil août aout déc janvier février avril juillet septembre octobre novembre décembre
ene abr ago dic enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
gen mag giu lug set ott gennaio febbraio maggio giugno luglio settembre ottobre
fev out dez janeiro fevereiro março junho julho setembro outubro dezembro
mrt mei januari februari maart augustus
sty lut kwi maj cze lip sie wrz paź paz lis gru
янв фев мар апр май мая июн июл авг сен сент окт ноя нояб дек
led úno bře dub kvě čvn čvc srp zář říj lis pro
okt des kesä heinä elo syys loka marras joulu tammi helmi maalis huhti touko
oca şub nis haz tem ağu eyl eki kas ara
jan febr márc ápr máj jún júl szept`
	m := map[string]bool{}
	for _, v := range strings.Fields(all) {
		m[v] = true
	}
	return m
}()

// longestMonth is the length in bytes of the longest of them.
var longestMonth = len(slices.MaxFunc(slices.Collect(maps.Keys(monthNames)), func(a, b string) int { return len(a) - len(b) }))

// isMonth reports whether a word is the name of a month, in whatever case.
func isMonth(word string) bool {
	if len(word) > longestMonth {
		return false
	}
	if !normal.IsASCII(word) {
		return monthNames[strings.ToLower(word)]
	}
	var space [16]byte // most words in which a month is looked for are names, and need no memory
	lower := append(space[:0], word...)
	for i, c := range lower {
		if c >= 'A' && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return monthNames[string(lower)]
}

// IsDate reports whether a cell is a date as spreadsheets write them: with a
// month's name (2-Sep, Sep-02, 2. Sept. 2026) or in three numbers (10/12/2026,
// 2026-10-12, 1.2.26), or a time of day.
func IsDate(s string) bool {
	if len(s) < 4 || len(s) > 40 {
		return false
	}
	if isTime(s) {
		return true
	}
	var parts [4]string
	n, word := 0, 0
	apart := true // a separator came before
	for i := 0; i < len(s); {
		start := i
		isDigit := s[i] >= '0' && s[i] <= '9'
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case isDigit:
			for i < len(s) && s[i] >= '0' && s[i] <= '9' {
				i++
			}
		case strings.ContainsRune("-/. ,年月日", r):
			i += size
			apart = true
			continue
		case unicode.IsLetter(r):
			word++
			for i < len(s) && i-start <= longestMonth && unicode.IsLetter(r) {
				i += size
				r, size = utf8.DecodeRuneInString(s[i:])
			}
			if !isMonth(s[start:i]) {
				return isDateCJK(s)
			}
		default:
			return false
		}
		if n == len(parts) || !apart {
			return false
		}
		apart = false
		parts[n] = s[start:i]
		n++
	}
	if n < 2 || n > 3 || word > 1 {
		return isDateCJK(s)
	}
	for _, p := range parts[:n] {
		if digits(p) && (len(p) > 4 || len(p) == 3) {
			return isDateCJK(s)
		}
	}
	return word == 1 || n == 3 && threeNumbers(parts[0], parts[1], parts[2]) || isDateCJK(s)
}

// threeNumbers reports whether numbers can be day, month and year in one of
// the usual orders.
func threeNumbers(a, b, c string) bool {
	small := func(s string, most int) bool {
		n := 0
		for i := range len(s) {
			n = n*10 + int(s[i]-'0')
		}
		return len(s) <= 2 && n <= most
	}
	year := func(s string) bool { return len(s) == 2 || len(s) == 4 }
	return year(c) && (small(a, 31) && small(b, 12) || small(a, 12) && small(b, 31)) || len(a) == 4 && small(b, 12) && small(c, 31)
}

// isTime recognises a time of day: 12:30, 8:05:00 AM.
func isTime(s string) bool {
	if strings.IndexByte(s, ':') < 1 {
		return false
	}
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(s), "AM"), "PM"))
	parts := strings.Split(s, ":")
	if len(parts) < 2 || len(parts) > 3 || len(parts[0]) > 2 {
		return false
	}
	for i, p := range parts {
		if !digits(p) || i > 0 && len(p) != 2 {
			return false
		}
	}
	return true
}

func isDateCJK(s string) bool {
	return strings.Contains(s, "月") && strings.ContainsAny(s, "0123456789") && strings.Trim(s, "0123456789年月日 ") == ""
}

// IsTruth reports whether a cell is a truth value, which a spreadsheet may
// have made of a name.
func IsTruth(s string) bool {
	switch s {
	case "TRUE", "FALSE", "WAHR", "FALSCH", "VRAI", "FAUX", "VERDADERO", "FALSO", "VERO", "VERDADEIRO", "WAAR", "ONWAAR", "PRAWDA", "FAŁSZ",
		"ИСТИНА", "ЛОЖЬ", "PRAVDA", "NEPRAVDA", "SANT", "SAND", "FALSK", "SANN", "USANN", "TOSI", "EPÄTOSI", "IGAZ", "HAMIS", "DOĞRU", "YANLIŞ":
		return true
	}
	return false
}
