"""Edit a workbook in LibreOffice, as a person would.

    edit.py FILE OUT ACTION…

The first sheet is edited. An action is CELL=TEXT, which types a text, or
CELL~TEXT, which chooses from the list that the cell offers: the one that has the
text in it (an empty one: what stands in the cell already), a failure if none has
or several.
"""
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.sheet.ValidationType import LIST


def connect(office, pipe):
    """The desktop of an office that is starting."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(300):
        try:
            there = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return there.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", there)
        except NoConnectException:
            if office.poll() is not None:
                break
            time.sleep(0.2)
    sys.exit("LibreOffice does not start")


def offered(book, cell):
    """What the cell's list offers."""
    if cell.Validation.Type != LIST:
        sys.exit(f"{cell.AbsoluteName} offers nothing to choose from")
    formula = cell.Validation.getFormula1()
    sheet, first, last = re.fullmatch(r"\$?'?(.*?)'?\.(\$?[A-Z]+\$?\d+):(\$?[A-Z]+\$?\d+)", formula).groups()
    area = book.Sheets.getByName(sheet).getCellRangeByName(f"{first}:{last}".replace("$", ""))
    return [row[0] for row in area.DataArray]


def act(book, action):
    name, how, text = re.fullmatch(r"([A-Z]+\d+)([=~])(.*)", action, re.DOTALL).groups()
    cell = book.Sheets.getByIndex(0).getCellRangeByName(name)
    if how == "~":
        text = text or cell.String
        found = [line for line in offered(book, cell) if text in line]
        if len(found) != 1:
            sys.exit(f"{name}: {len(found)} of what is offered have {text!r} in them")
        text = found[0]
    cell.String = text


def value(name, of):
    p = PropertyValue()
    p.Name, p.Value = name, of
    return p


def main(file, out, *actions):
    with tempfile.TemporaryDirectory() as home:
        pipe = Path(home).name
        office = subprocess.Popen(["soffice", "--headless", "--norestore", "--nologo", f"-env:UserInstallation=file://{home}", f"--accept=pipe,name={pipe};urp"])
        try:
            desktop = connect(office, pipe)
            book = desktop.loadComponentFromURL(Path(file).resolve().as_uri(), "_blank", 0, (value("Hidden", True),))
            for action in actions:
                act(book, action)
            book.storeToURL(Path(out).resolve().as_uri(), (value("FilterName", "Calc MS Excel 2007 XML"),))
            book.close(True)
            desktop.terminate()
            office.wait(60)
        finally:
            office.kill()


main(*sys.argv[1:])
